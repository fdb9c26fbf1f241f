package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisClient;

/**
 * A million random requests, one to three in a call and some of them several times, decided by the
 * script that runs in production and by the oracle: every number of every answer is equal. The
 * script runs inside a loop, by a clock of the test; for every other key the loop drops what would
 * have expired by that clock, which the oracle knows nothing of (so cleanup can't be observed).
 */
@RealRedis
final class OracleIT {
  private static final int BATCH = 1_000;
  private static final int BATCHES = 500;

  /** The most of one call; half as many on average. */
  private static final int ASKS = 3;

  private static final String HEAD =
      """
      local real, clock = redis, 0
      local expiries = KEYS[#KEYS]
      local function expire(name, key)
        if name == 'GET' then
          local at = real.call('HGET', expiries, key)
          if at and tonumber(at) < clock then
            real.call('DEL', key)
          end
        end
      end
      local redis = { call = function(name, key, value, px, at, ...)
        if name == 'SET' then
          real.call('HSET', expiries, key, at)
        end
        return real.call(name, key, value, px, at, ...)
      end, pcall = function(name, key)
        expire(name, key)
        return real.pcall(name, key)
      end }
      if ARGV[1] == '0' then
        redis = real
      end
      local function decide(KEYS, ARGV)
      """;
  private static final String TAIL =
      """
      end
      local rules = #KEYS - 1
      local keys, answers = {}, {}
      for i = 1, rules * ASKS do
        keys[i] = KEYS[(i - 1) % rules + 1]
      end
      for i = 3, #ARGV, 2 do
        clock = math.floor(tonumber(ARGV[i]) / 1000)
        answers[#answers + 1] = decide(keys, { ARGV[i], ARGV[i + 1], ARGV[2] == '0' and '' or nil })
      end
      return table.concat(answers)
      """
          .replace("ASKS", Integer.toString(ASKS));

  private final Random random;
  private final long seed = System.nanoTime();
  private final RedisClient redis;
  private final String prefix;
  private final byte[] script;

  OracleIT(TestRedis server) throws IOException {
    random = new Random(seed);
    redis = // answers to a thousand calls come at once, on a busy machine late
        RedisClient.builder()
            .hostAndPort(server.address())
            .clientConfig(
                DefaultJedisClientConfig.builder(server.uri()).timeoutMillis(60_000).build())
            .build();
    prefix = server.prefix();
    try (InputStream check = RedisStore.class.getResourceAsStream("check.lua")) {
      script = (HEAD + new String(check.readAllBytes(), UTF_8) + TAIL).getBytes(UTF_8);
    }
  }

  @AfterEach
  void close() {
    redis.close();
  }

  /** Rules of one plan on keys of their own, with their oracles and their clock. */
  private final class Group {
    final List<Rule> rules = new ArrayList<>();
    final List<Oracle> oracles = new ArrayList<>();
    final List<byte[]> keys = new ArrayList<>();
    final boolean expires;
    final long step;
    long now = Instant.now().plus(Duration.ofDays(400)).toEpochMilli() * 1_000;

    Group(int number) {
      expires = number % 2 == 0;
      int size = number % 5 == 0 ? 3 : number % 5 == 1 ? 2 : 1;
      for (int i = 0; i < size; i++) {
        Policy policy = Policy.of("p" + number + "-" + i, limit());
        rules.add(new Rule(random.nextInt(10) == 0 ? policy.asShadow() : policy, i));
        oracles.add(Oracle.of(policy.limit()));
        keys.add((prefix + "{" + number + "}" + i).getBytes(UTF_8));
      }
      keys.add((prefix + "{" + number + "}expiries").getBytes(UTF_8));
      Limit first = rules.get(0).policy().limit();
      step = Math.max(2, 2 * Limit.micros(first.period()) / first.permits());
    }

    List<Oracle.Answer> look(long at, List<Long> costs) {
      return IntStream.range(0, oracles.size())
          .mapToObj(i -> oracles.get(i).look(at, costs.get(i)))
          .toList();
    }

    boolean admits(List<Oracle.Answer> answers) {
      return IntStream.range(0, answers.size())
          .allMatch(i -> answers.get(i).retry() == 0 || rules.get(i).policy().shadow());
    }

    /** Charges each rule that has room; a shadow may have none. */
    List<Oracle.Answer> take(long at, List<Long> costs, List<Oracle.Answer> before) {
      List<Oracle.Answer> after = new ArrayList<>(before);
      for (int i = 0; i < before.size(); i++) {
        if (before.get(i).retry() == 0) {
          oracles.get(i).take(at, costs.get(i));
          after.set(i, oracles.get(i).look(at, 0));
        } else {
          oracles.get(i).settle(at);
        }
      }
      return after;
    }

    /** Mostly forward by about what a permit takes; now and then far, or back. */
    long tick() {
      int kind = random.nextInt(1_000);
      if (kind < 200) {
        return now;
      }
      if (kind < 900) {
        return now + (long) (random.nextDouble() * step);
      }
      if (kind < 990 || expires) {
        return now + (long) (random.nextDouble() * step * 50);
      }
      if (kind < 994) {
        return now - (long) (random.nextDouble() * Oracle.SKEW);
      }
      return kind < 997 ? now - 3_600_000_000L : now + 3_600_000_000L;
    }
  }

  private Limit limit() {
    long[] permits = {1, 2, 3, 7, 10, 60, 128, 129, 1_000, 9_973, 100_000};
    Duration[] spans = {
      Duration.ofMillis(1), Duration.ofSeconds(1), Duration.ofSeconds(7), Duration.ofHours(1)
    };
    long many = permits[random.nextInt(permits.length)];
    Duration span = spans[random.nextInt(spans.length)];
    return switch (random.nextInt(4)) {
      case 0 -> new Limit.TokenBucket(many, span, 1 + random.nextInt(200));
      case 1 -> new Limit.SlidingWindow(Math.min(many, 128), span);
      case 2 -> new Limit.SlidingWindow(128 + many, span);
      default -> new Limit.FixedWindow(many, span);
    };
  }

  /** Equal requests: what each costs by each rule. */
  private record Asked(int times, List<Long> costs) {}

  /** What one call decides. */
  private record Op(long now, List<Asked> asks) {}

  /** What was sent to Redis, which decides the next batch while the oracle judges this one. */
  private record Batch(Group group, List<Op> ops, Future<byte[]> answers) {}

  @Test
  void aMillionRandomRequestsAreDecidedAsTheOracleDoes() throws Exception {
    List<Group> groups = IntStream.range(0, 60).mapToObj(Group::new).toList();
    ExecutorService sender = Executors.newSingleThreadExecutor();
    long admitted = 0;
    try {
      Batch next = send(sender, groups);
      for (int batch = 1; batch <= BATCHES; batch++) {
        Batch current = next;
        next = send(sender, groups);
        ByteBuffer answers = ByteBuffer.wrap(current.answers().get());
        for (Op op : current.ops()) {
          admitted += compare(current.group(), op, answers);
        }
        assertThat(answers.hasRemaining()).isFalse();
      }
    } finally {
      sender.shutdownNow();
    }
    assertThat(admitted)
        .as("admitted, so that both outcomes are tried")
        .isBetween(100_000L, 900_000L);
  }

  private Batch send(ExecutorService sender, List<Group> groups) {
    Group group = groups.get(random.nextInt(groups.size()));
    List<Op> ops = new ArrayList<>(BATCH);
    List<byte[]> args = new ArrayList<>();
    args.add((group.expires ? "1" : "0").getBytes(UTF_8));
    boolean bucketsOnly = group.rules.stream().allMatch(Rule::isBucket);
    args.add((bucketsOnly ? "1" : "0").getBytes(UTF_8));
    for (int i = 0; i < BATCH; i++) {
      group.now = group.tick();
      args.add(Long.toString(group.now).getBytes(UTF_8));
      List<Asked> asks = new ArrayList<>();
      ByteBuffer packed = ByteBuffer.allocate(ASKS * (5 + group.rules.size() * Rule.BYTES));
      int size = 1 + random.nextInt(ASKS);
      while (asks.size() < size) {
        asks.add(ask(group, packed));
      }
      args.add(Arrays.copyOf(packed.array(), packed.position()));
      ops.add(new Op(group.now, asks));
    }
    return new Batch(
        group, ops, sender.submit(() -> (byte[]) redis.eval(script, group.keys, args)));
  }

  private Asked ask(Group group, ByteBuffer packed) {
    boolean shadowed = group.rules.stream().anyMatch(rule -> rule.policy().shadow());
    int times = shadowed || random.nextBoolean() ? 1 : 1 + random.nextInt(4);
    packed.put((byte) group.rules.size()).putInt(times);
    List<Long> costs = new ArrayList<>();
    for (Rule rule : group.rules) {
      long capacity = rule.policy().limit().capacity();
      long cost = random.nextInt(4) > 0 ? 1 : 1 + (long) (random.nextDouble() * capacity);
      costs.add(cost);
      rule.pack(packed, cost);
    }
    return new Asked(times, costs);
  }

  /** How many were admitted. */
  private int compare(Group group, Op op, ByteBuffer answers) {
    assertThat(answers.getLong()).isEqualTo(op.now());
    return op.asks().stream().mapToInt(asked -> compare(group, op.now(), asked, answers)).sum();
  }

  private int compare(Group group, long now, Asked asked, ByteBuffer answers) {
    List<Oracle.Answer> expected = group.look(now, asked.costs());
    int admitted = 0;
    if (group.admits(expected)) {
      expected = group.take(now, asked.costs(), expected);
      admitted = 1;
      while (admitted < asked.times() && group.admits(group.look(now, asked.costs()))) {
        expected = group.take(now, asked.costs(), expected);
        admitted++;
      }
    } else {
      group.oracles.forEach(oracle -> oracle.settle(now));
    }
    for (int i = 0; i < expected.size(); i++) {
      assertThat(answers.getInt()).isEqualTo(admitted);
      int code = answers.get();
      Oracle.Answer actual =
          new Oracle.Answer(answers.getLong(), answers.getLong(), answers.getLong());
      answers.getLong();
      if (!actual.equals(expected.get(i)) || code != (actual.retry() == 0 ? 0 : 1)) {
        throw new AssertionError(
            "seed "
                + seed
                + ", "
                + group.rules.get(i).policy()
                + ", "
                + asked
                + " at "
                + now
                + ": script "
                + code
                + " "
                + actual
                + ", oracle "
                + expected.get(i));
      }
    }
    return admitted;
  }
}
