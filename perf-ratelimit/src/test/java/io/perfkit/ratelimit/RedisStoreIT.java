package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.params.ScanParams;

/** What a limiter leaves in Redis, what it costs there, and what it makes of odd clocks. */
@RealRedis
final class RedisStoreIT {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final Request A = Request.of("ip", "192.0.2.1");
  private static final GuardConfig PATIENT =
      GuardConfig.defaults().withBudget(Duration.ofSeconds(5));
  private static final RateLimiterConfig WITHOUT_MEMORY =
      RateLimiterConfig.builder().denialTtl(Duration.ZERO).build();

  private static final List<Policy> OF_EACH_KIND =
      List.of(
          Policy.tokenBucket("b", 2, Duration.ofMinutes(1)),
          Policy.slidingWindow("l", 2, Duration.ofMinutes(1)),
          Policy.slidingWindow("s", 200, Duration.ofMinutes(1)).withCost(100),
          Policy.fixedWindow("f", 2, Duration.ofDays(1)),
          Policy.calendarQuota("c", 2, ChronoUnit.YEARS, ZoneOffset.UTC),
          Policy.concurrency("n", 2, Duration.ofMinutes(1)));

  private final TestRedis server;
  private final RedisClient redis;

  RedisStoreIT(TestRedis server) {
    this.server = server;
    this.redis = server.client();
  }

  private RateLimiter.Builder builder(String prefix) {
    return builder(redis, prefix);
  }

  private static RateLimiter.Builder builder(RedisClient client, String prefix) {
    return RateLimiter.builder(client, prefix).guard(PATIENT).config(WITHOUT_MEMORY);
  }

  /** Every key of the prefix, with its bytes as {@code DUMP} gives them. */
  private static Map<String, String> dump(RedisClient redis, String prefix) {
    Map<String, String> dumps = new TreeMap<>();
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      var page = redis.scan(cursor, new ScanParams().match(prefix + ":*").count(1_000));
      for (String key : page.getResult()) {
        byte[] bytes = redis.dump(key.getBytes(UTF_8));
        if (bytes != null) { // else it has expired meanwhile
          dumps.put(key, HexFormat.of().formatHex(bytes));
        }
      }
      cursor = page.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
    return dumps;
  }

  private static long number(RedisClient client, String section, String field) {
    return client
        .info(section)
        .lines()
        .filter(line -> line.startsWith(field + ":"))
        .mapToLong(line -> Long.parseLong(line.substring(field.length() + 1)))
        .findFirst()
        .orElseThrow();
  }

  /** Of values and of expiries, also of those that stay the same. */
  private static long changes(RedisClient client) {
    return number(client, "persistence", "rdb_changes_since_last_save");
  }

  @Test
  void aRefusalWritesNothing() {
    String prefix = "refusal";
    try (RedisProcess own = RedisProcess.start();
        RedisClient client = RedisClient.builder().hostAndPort(own.address()).build();
        RateLimiter limiter = builder(client, prefix).build()) {
      Plan all = Plan.of("all");
      for (Policy policy : OF_EACH_KIND) {
        all = all.with(policy, "ip");
      }
      for (Policy policy : OF_EACH_KIND) {
        Plan one = Plan.of(policy.name()).with(policy, "ip");
        limiter.check(one, A, 2);
      }
      limiter.reset(Plan.of("b").with(OF_EACH_KIND.get(0), "ip"), A);
      Map<String, String> before = dump(client, prefix);
      assertThat(before).hasSize(OF_EACH_KIND.size() - 1);
      long changes = changes(client);
      assertThat(changes).isPositive();

      for (int i = 0; i < 20; i++) {
        assertThat(limiter.check(all, A).allowed()).isFalse();
        assertThat(limiter.check(all, A, 3).allowed()).isFalse();
        limiter.peek(all, A);
      }

      assertThat(dump(client, prefix)).isEqualTo(before);
      assertThat(changes(client)).isEqualTo(changes);
    }
  }

  @Test
  void aCheckIsOneCommandHoweverManyPoliciesThePlanHas() {
    try (RedisProcess own = RedisProcess.start();
        RedisClient client = RedisClient.builder().hostAndPort(own.address()).build();
        RateLimiter limiter = builder(client, "count").build()) {
      Plan all = Plan.of("all");
      for (Policy policy : OF_EACH_KIND) {
        all = all.with(policy, "ip");
      }
      limiter.check(all, A); // the first one sends the script
      long before = calls(client, "evalsha");
      long texts = calls(client, "eval");

      for (int i = 0; i < 50; i++) {
        limiter.check(all, A);
      }

      assertThat(calls(client, "evalsha") - before).isEqualTo(50);
      assertThat(calls(client, "eval")).isEqualTo(texts);
    }
  }

  @Test
  void eachCallIsAsManyCommandsAsTheGuideSays() {
    try (RedisProcess own = RedisProcess.start();
        RedisClient client = RedisClient.builder().hostAndPort(own.address()).build();
        RateLimiter limiter = builder(client, "calls").build()) {
      Plan holds = Plan.of("holds").with(Policy.concurrency("n", 10, Duration.ofMinutes(1)), "ip");
      Plan holdsNothing = Plan.of("free").with(Policy.tokenBucket("b", 10, SECOND), "ip");
      Decision free = limiter.check(holdsNothing, A);
      Decision held = limiter.check(holds, A);

      assertThat(scripts(client, () -> limiter.check(holds, A, 2))).isEqualTo(1);
      assertThat(scripts(client, () -> limiter.peek(holds, A))).isEqualTo(1);
      assertThat(scripts(client, () -> limiter.release(held))).isEqualTo(1);
      assertThat(scripts(client, () -> limiter.release(held))).as("done").isZero();
      assertThat(scripts(client, () -> limiter.release(free))).as("nothing is held").isZero();
      assertThat(scripts(client, () -> limiter.refund(free))).isEqualTo(1);
      assertThat(scripts(client, () -> limiter.refund(free))).as("done").isZero();
      assertThat(scripts(client, () -> limiter.block(holds, A, SECOND))).isEqualTo(1);
      assertThat(scripts(client, () -> limiter.reset(holds, A))).isEqualTo(1);
    }
  }

  private static long scripts(RedisClient client, Runnable call) {
    long before = calls(client, "evalsha");
    call.run();
    return calls(client, "evalsha") - before;
  }

  private static long calls(RedisClient client, String command) {
    return client
        .info("commandstats")
        .lines()
        .filter(line -> line.startsWith("cmdstat_" + command + ":calls="))
        .mapToLong(line -> Long.parseLong(line.replaceAll(".*:calls=(\\d+),.*", "$1")))
        .findFirst()
        .orElse(0);
  }

  @Test
  void aRememberedRefusalCostsNoCommandAndIsTheOneThatRedisWouldRepeat() {
    try (RedisProcess own = RedisProcess.start();
        RedisClient client = RedisClient.builder().hostAndPort(own.address()).build();
        RateLimiter limiter = RateLimiter.builder(client, "storm").guard(PATIENT).build();
        RateLimiter witness = builder(client, "storm").build()) {
      Plan plan = Plan.of("p").with(Policy.tokenBucket("storm", 1, Duration.ofHours(1)), "ip");
      limiter.check(plan, A);
      Decision refusal = limiter.check(plan, A);
      long before = calls(client, "evalsha");

      for (int i = 0; i < 1_000; i++) {
        assertThat(limiter.check(plan, A).allowed()).isFalse();
      }

      assertThat(calls(client, "evalsha") - before).as("1,000 refusals").isLessThan(20);
      assertThat(limiter.check(plan, A).retryAfter()).isLessThanOrEqualTo(refusal.retryAfter());
      assertThat(witness.check(plan, A).allowed()).isFalse();
      assertThat(limiter.check(plan, Request.of("ip", "other")).allowed()).isTrue();
      assertThat(limiter.topRefused().get(0).refusals()).isEqualTo(1_002);
      limiter.reset(plan, A);
      assertThat(limiter.check(plan, A).allowed()).as("a reset is not overlooked").isTrue();
    }
  }

  @Test
  void nothingIsLeftWhenAllPermitsAreBack() {
    try (RedisProcess own = RedisProcess.start();
        RedisClient client = RedisClient.builder().hostAndPort(own.address()).build();
        RateLimiter limiter = builder(client, "expiry").build()) {
      Plan plan =
          Plan.of("short")
              .with(Policy.tokenBucket("b", 10, SECOND), "ip")
              .with(Policy.slidingWindow("l", 5, Duration.ofMillis(200)), "ip")
              .with(Policy.slidingWindow("s", 500, Duration.ofMillis(200)), "ip")
              .with(Policy.fixedWindow("f", 5, Duration.ofMillis(200)), "ip")
              .with(Policy.concurrency("n", 5, Duration.ofMillis(200)), "ip");
      assertThat(limiter.check(plan, A).allowed()).isTrue();
      Await.until(
          "all keys expired",
          Duration.ofSeconds(30),
          () -> number(client, "stats", "expired_keys") == plan.parts().size());
      assertThat(client.dbSize()).isZero();
    }
  }

  /** A limiter whose server's clock the test sets. */
  private RateLimiter at(AtomicLong micros, String prefix) {
    return builder(prefix)
        .serverClock(() -> Long.toString(micros.get()).getBytes(US_ASCII))
        .build();
  }

  private static AtomicLong farFuture() {
    long now = ChronoUnit.MICROS.between(Instant.EPOCH, Instant.now());
    return new AtomicLong(now + Duration.ofDays(30).toMillis() * 1_000);
  }

  @Test
  void aClockThatIsSetBackOrForwardCreatesNoPermits() {
    for (Policy policy : OF_EACH_KIND.subList(0, 4)) {
      AtomicLong clock = farFuture();
      clock.set(clock.get() / 86_400_000_000L * 86_400_000_000L + 43_200_000_000L); // noon
      try (RateLimiter limiter = at(clock, server.prefix() + "jump")) {
        Plan plan = Plan.of(policy.name()).with(policy, "ip");
        assertThat(limiter.check(plan, A, 2).allowed()).isTrue();
        for (int i = 0; i < 10; i++) {
          clock.addAndGet(i % 2 == 0 ? -3_600_000_000L : 100_000);
          assertThat(limiter.check(plan, A).allowed()).as("%s after %s", policy, i).isFalse();
        }
        clock.addAndGet(-500_000);
        assertThat(limiter.check(plan, A).allowed()).isFalse();
        long period = Limit.micros(policy.limit().period());
        clock.addAndGet(period + period / 16 + 1_000_000); // a segment more than a window
        assertThat(limiter.check(plan, A, 2).allowed())
            .as("%s, one period after the last jump", policy)
            .isTrue();
        clock.addAndGet(Duration.ofDays(2).toMillis() * 1_000);
        assertThat(limiter.check(plan, A, 2).allowed()).isTrue();
        assertThat(limiter.check(plan, A).allowed()).as("no more than all of them").isFalse();
      }
    }
  }

  @Test
  void aBlockOutlastsThatTheStateMovesWithTheClock() {
    AtomicLong clock = farFuture();
    String prefix = server.prefix() + "moved";
    try (RateLimiter limiter = at(clock, prefix)) {
      for (Policy policy : OF_EACH_KIND.subList(0, 3)) {
        Plan plan = Plan.of(policy.name()).with(policy, "ip");
        String key = prefix + ":{" + prefix + ".limits}:v1:" + policy.name() + ":192.0.2.1";
        limiter.check(plan, A);
        limiter.block(plan, A, Duration.ofDays(1));
        long end = clock.get() / 1_000 + Duration.ofDays(1).toMillis();
        clock.addAndGet(-Duration.ofHours(1).toMillis() * 1_000);

        for (int i = 0; i < 2; i++) {
          Decision refusal = limiter.check(plan, A); // the first one writes
          assertThat(((Decision.Denied) refusal).reason()).isEqualTo(Decision.Reason.BLOCKED);
          assertThat(refusal.retryAfter()).isEqualTo(Duration.ofHours(25));
        }
        long left = redis.pttl(key); // before the clock is read
        assertThat(left + System.currentTimeMillis()).isGreaterThanOrEqualTo(end);
      }
    }
  }

  @Test
  void aNodeWhoseCalendarIsWrongAsksAgainByTheServersTime() {
    Policy policy = Policy.calendarQuota("day", 2, ChronoUnit.DAYS, ZoneOffset.UTC);
    Plan plan = Plan.of("p").with(policy, "ip");
    InstantSource yearsOff = () -> Instant.now().minus(Duration.ofDays(1_000));
    String prefix = server.prefix() + "calendar";
    try (RateLimiter right = builder(prefix).build();
        RateLimiter wrong =
            builder(prefix).clocks(System::nanoTime, yearsOff, Sleeper.parking()).build()) {
      assertThat(wrong.check(plan, A).allowed()).isTrue();
      assertThat(right.check(plan, A).allowed()).isTrue();
      assertThat(wrong.check(plan, A).allowed()).isFalse();
      assertThat(right.check(plan, A).retryAfter()).isLessThanOrEqualTo(Duration.ofDays(1));
    }
  }

  @Test
  void otherLimitsForTheSamePolicyKeepWhatWasSpent() {
    String prefix = server.prefix() + "changed";
    Plan before = Plan.of("p").with(Policy.tokenBucket("x", 10, Duration.ofHours(1)), "ip");
    Plan after = Plan.of("p").with(Policy.tokenBucket("x", 15, Duration.ofHours(2)), "ip");
    Plan window = Plan.of("p").with(Policy.slidingWindow("y", 200, Duration.ofHours(1)), "ip");
    Plan longer = Plan.of("p").with(Policy.slidingWindow("y", 300, Duration.ofHours(2)), "ip");
    try (RateLimiter old = builder(prefix).build();
        RateLimiter changed = builder(prefix).build()) {
      old.check(before, A, 7);
      old.check(window, A, 150);

      assertThat(changed.peek(after, A).limits().get(0).remaining()).isEqualTo(8);
      assertThat(changed.peek(longer, A).limits().get(0).remaining()).isEqualTo(150);
      assertThat(changed.check(longer, A, 151).allowed()).isFalse();
    }
    Plan smaller = Plan.of("p").with(Policy.tokenBucket("x", 5, Duration.ofHours(1)), "ip");
    try (RateLimiter limiter = builder(prefix).build()) {
      LimitStatus status = limiter.peek(smaller, A).limits().get(0);
      assertThat(status.remaining()).isZero();
      assertThat(status.retryAfter())
          .as("until the permits are back by the limit that admitted them, and no longer")
          .isBetween(Duration.ofMinutes(41), Duration.ofMinutes(42));
    }
  }

  @Test
  void aStateIsAsLongAsTheConceptPageSays() {
    String prefix = server.prefix() + "bytes";
    Map<String, Long> bytes = Map.of("b", 49L, "l", 17L + 2 * 8, "s", 297L, "f", 41L, "c", 41L);
    try (RateLimiter limiter = builder(prefix).build()) {
      for (Policy policy : OF_EACH_KIND.subList(0, 5)) {
        limiter.check(Plan.of(policy.name()).with(policy, "ip"), A, 2);
        String key = prefix + ":{" + prefix + ".limits}:v1:" + policy.name() + ":192.0.2.1";
        assertThat(redis.strlen(key)).as(policy.name()).isEqualTo(bytes.get(policy.name()));
      }
    }
  }

  @Test
  void foreignAndDamagedValuesAreTakenForAbsentAndReplaced() {
    String prefix = server.prefix() + "foreign";
    for (Policy policy : OF_EACH_KIND) {
      Plan plan = Plan.of(policy.name()).with(policy, "ip");
      String key = prefix + ":{" + prefix + ".limits}:v1:" + policy.name() + ":192.0.2.1";
      for (String foreign :
          List.of(
              "",
              "x",
              "garbage garbage",
              policy.name() + "12345678short",
              "b".repeat(40),
              "l".repeat(17),
              "s".repeat(9))) {
        try (RateLimiter limiter = builder(prefix).build()) {
          redis.set(key, foreign);
          Decision decision = limiter.check(plan, A);
          assertThat(decision.allowed()).as("%s under %s", foreign, policy.name()).isTrue();
          assertThat(decision.degraded()).isFalse();
          redis.del(key);
          redis.rpush(key, foreign + "!");
          assertThat(limiter.check(plan, A).degraded()).isFalse();
          assertThat(limiter.check(plan, A).allowed()).isTrue();
          redis.del(key);
          redis.rpush(key, foreign + "!");
          limiter.block(plan, A, Duration.ofHours(1));
          assertThat(limiter.check(plan, A).allowed()).isFalse();
          limiter.reset(plan, A);
        }
      }
    }
  }

  /** Of a log any number of instants is right, but not less than none. */
  @Test
  void aValueOfOneByteIsTakenForAbsentThoughItIsTheNameOfAKind() {
    String prefix = server.prefix() + "byte";
    try (RateLimiter limiter = builder(prefix).build()) {
      for (Policy policy : OF_EACH_KIND) {
        Plan plan = Plan.of(policy.name()).with(policy, "ip");
        for (String kind : List.of("b", "l", "s", "f", "x")) {
          redis.set(prefix + ":{" + prefix + ".limits}:v1:" + policy.name() + ":192.0.2.1", kind);
          Decision decision = limiter.check(plan, A);
          assertThat(decision.degraded()).as("%s under %s", kind, policy.name()).isFalse();
          assertThat(decision.allowed()).as("%s under %s", kind, policy.name()).isTrue();
        }
      }
    }
  }

  @Test
  void aDeletedKeyIsAFullOneAndARefundOfWhatItHeldGivesNothing() {
    String prefix = server.prefix() + "deleted";
    Plan plan = Plan.of("p").with(Policy.tokenBucket("b", 5, Duration.ofHours(1)), "ip");
    try (RateLimiter limiter = builder(prefix).build()) {
      Decision charged = limiter.check(plan, A, 5);
      redis.del(prefix + ":{" + prefix + ".limits}:v1:b:192.0.2.1");
      assertThat(limiter.check(plan, A, 5).allowed()).isTrue();

      limiter.refund(charged);

      assertThat(limiter.check(plan, A).allowed()).isFalse();
    }
  }
}
