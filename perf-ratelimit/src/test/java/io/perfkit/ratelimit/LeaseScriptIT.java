package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.ratelimit.LeaseServer.Grant;
import io.perfkit.ratelimit.LeaseServer.Want;
import io.perfkit.ratelimit.ModelLeaseServer.Order;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** The script on a real Redis, by a clock of the test. */
@RealRedis
final class LeaseScriptIT {
  private static final long SECOND = 1_000_000; // in microseconds

  /** So slow that no key expires by the server's own clock while a test runs. */
  private static final Limit.TokenBucket BUCKET =
      new Limit.TokenBucket(1_000, Duration.ofSeconds(1_000), 500);

  private static final Duration LIFE = Duration.ofSeconds(200);
  private static final long START = 1_767_225_600_000_000L;

  private final RedisClient redis;
  private final RedisGuard guard;
  private final byte[] key;

  LeaseScriptIT(TestRedis server) {
    redis = server.client();
    guard =
        RedisGuard.builder(redis)
            .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .build();
    key = (server.prefix() + UUID.randomUUID()).getBytes(UTF_8);
  }

  @AfterEach
  void close() {
    guard.close();
  }

  private LeaseScript node(String name) {
    return new LeaseScript(guard, key, BUCKET, name, LIFE);
  }

  /** The simulation speaks for the script, since the two answer alike whatever they are asked. */
  @Test
  void answersAsTheModelDoes() {
    Random random = new Random(42);
    ModelLeaseServer model =
        new ModelLeaseServer(Order.REGAIN_FIRST, BUCKET, LIFE.toNanos() / 1_000, START);
    List<String> names = List.of("a", "b", "c");
    List<LeaseScript> nodes = new ArrayList<>();
    names.forEach(name -> nodes.add(node(name)));
    long[] sequences = new long[names.size()];
    long now = START;
    int granted = 0;
    for (int i = 0; i < 5_000; i++) {
      now += random.nextInt(5) == 0 ? random.nextInt(300_000_000) : random.nextInt(3_000_000);
      int node = random.nextInt(names.size());
      long sequence = Math.max(1, sequences[node] + 1 - (random.nextInt(8) == 0 ? 1 : 0));
      sequence = Math.max(1, sequence - (random.nextInt(30) == 0 ? 2 : 0));
      sequences[node] = Math.max(sequence, sequences[node]);
      long need = random.nextInt(3) == 0 ? 1 + random.nextInt(60) : 0;
      Want want =
          new Want(
              sequence,
              sequence - 1 - (random.nextInt(20) == 0 ? 1 : 0),
              random.nextInt(100),
              random.nextInt(100),
              need,
              need + (random.nextInt(4) == 0 ? 0 : random.nextInt(200)));

      Grant answer = nodes.get(node).lease(want, Long.toString(now));

      assertThat(answer)
          .as("request %d: %s", i, want)
          .isEqualTo(model.lease(names.get(node), want, now));
      granted += answer.granted() > 0 ? 1 : 0;
    }
    assertThat(granted).as("requests that got something").isGreaterThan(500);
  }

  @Test
  void aRepeatedRequestGetsItsGrantOnceMoreAndNoLongerALife() {
    Want want = new Want(1, 0, 0, 0, 10, 100);
    Grant first = node("a").lease(want, "" + START);
    byte[] stored = redis.dump(key);
    Grant again = node("a").lease(want, "" + (START + 50 * SECOND));

    assertThat(first).isEqualTo(new Grant(100, false, 200 * SECOND, 0));
    assertThat(again).isEqualTo(new Grant(100, false, 150 * SECOND, 0));
    assertThat(redis.dump(key)).isEqualTo(stored);
  }

  @Test
  void aRequestThatIsOvertakenGetsNothing() {
    node("a").lease(new Want(2, 0, 0, 0, 0, 100), "" + START);

    assertThat(node("a").lease(new Want(1, 0, 0, 100, 0, 100), "" + START))
        .isEqualTo(new Grant(0, false, 0, 0));
  }

  @Test
  void whatADeadNodeHeldReturnsOnlyAsTheBucketRegainsIt() {
    assertThat(node("dead").lease(new Want(1, 0, 0, 0, 0, 500), "" + START).granted())
        .isEqualTo(500);
    Want all = new Want(1, 0, 0, 0, 1, 500);

    assertThat(node("a").lease(all, "" + (START + 100 * SECOND)))
        .isEqualTo(new Grant(0, false, 200 * SECOND, SECOND));
    assertThat(node("b").lease(all, "" + (START + 200 * SECOND)).granted()).isZero();
    assertThat(node("c").lease(all, "" + (START + 300 * SECOND)).granted()).isEqualTo(100);
  }

  @Test
  void leasesAreSharedAmongTheNodesThatAsk() {
    node("a").lease(new Want(1, 0, 0, 0, 0, 100), "" + START);
    node("b").lease(new Want(1, 0, 0, 0, 0, 100), "" + START);

    assertThat(node("c").lease(new Want(1, 0, 0, 0, 0, 500), "" + START).granted()).isEqualTo(100);
  }

  /** A fail-over to a server whose clock is an hour behind: nothing is granted, nothing stands. */
  @Test
  void aClockThatJumpsBackGrantsNothingAndGoesOn() {
    long hour = Duration.ofHours(1).toNanos() / 1_000;
    node("a").lease(new Want(1, 0, 0, 0, 0, 500), "" + START);

    assertThat(node("b").lease(new Want(1, 0, 0, 0, 1, 500), "" + (START - hour)).granted())
        .isZero();
    long later = START - hour + 300 * SECOND;
    assertThat(node("b").lease(new Want(2, 1, 0, 0, 1, 500), "" + later).granted()).isZero();
    later += 100 * SECOND;
    assertThat(node("b").lease(new Want(3, 2, 0, 0, 1, 500), "" + later).granted()).isEqualTo(100);
  }

  @Test
  void aClockThatJumpsAheadFillsTheBucketAtMost() {
    long hour = Duration.ofHours(1).toNanos() / 1_000;
    node("a").lease(new Want(1, 0, 0, 0, 0, 300), "" + START);

    assertThat(node("b").lease(new Want(1, 0, 0, 0, 0, 900), "" + (START + hour)).granted())
        .isEqualTo(200);
  }

  /** By the server's own clock, as in production. */
  @Test
  void theStateEndsWhenItCanNoLongerBeSeen() {
    long start = System.nanoTime();
    Grant grant = node("a").lease(new Want(1, 0, 0, 0, 0, 100));

    assertThat(grant).isEqualTo(new Grant(100, false, 200 * SECOND, 0));
    long left = redis.pttl(key);
    long passed = (System.nanoTime() - start) / 1_000_000;
    assertThat(left).isBetween(700_000 - passed, 700_002L);
    assertThat(redis.hlen(key)).isEqualTo(3);
    node("a").lease(new Want(2, 1, 0, 100, 0, 0));
    assertThat(redis.hlen(key)).as("fields after all was given back").isEqualTo(2);
  }
}
