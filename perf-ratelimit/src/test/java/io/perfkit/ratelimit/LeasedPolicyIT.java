package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.ThreadLeaks;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** Policies whose permits nodes lease, through the limiter and on a real Redis. */
final class LeasedPolicyIT {
  private static final Duration HOUR = Duration.ofHours(1);
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** Holds far more than returns while a test runs. */
  private static final Policy HOT =
      Policy.tokenBucket("hot", 1_000, Duration.ofSeconds(1), 100_000)
          .withOnRedisDown(OnRedisDown.closed())
          .leased(Duration.ofSeconds(1));

  /** Its leases outlive a test, so that meanwhile none ends, is renewed or is given back. */
  private static final Policy KEPT = HOT.leased(Duration.ofMinutes(1));

  private static final Plan ALONE = Plan.of("alone").with(HOT);
  private static final Plan ALONE_KEPT = Plan.of("alone").with(KEPT);
  private static final Plan MIXED =
      Plan.of("mixed").with(KEPT).with(Policy.tokenBucket("per-user", 1, HOUR), "user");

  private final RedisProcess redis = RedisProcess.start();
  private final RedisClient client = RedisClient.create("redis://" + redis.address());
  private final RateLimiter limiter = limiter();

  private RateLimiter limiter() {
    return RateLimiter.builder(client, "test")
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .build();
  }

  @AfterEach
  void close() {
    limiter.close();
    client.close();
    redis.close();
  }

  @Test
  void manyRequestsCostFewCommands() {
    for (int i = 0; i < 50_000; i++) {
      assertThat(limiter.check(ALONE, Request.of()).allowed()).isTrue();
    }
    assertThat(scripts()).isBetween(1L, 500L);
  }

  @Test
  void nodesTogetherGetWhatTheBucketHolds() {
    try (RateLimiter other = limiter()) {
      AtomicLong admitted = new AtomicLong();
      long start = System.nanoTime();
      Await.until(
          "a refusal on both nodes",
          Duration.ofSeconds(30),
          () -> {
            boolean one = spend(limiter, admitted);
            boolean two = spend(other, admitted);
            return !one && !two;
          });
      long seconds = (System.nanoTime() - start) / 1_000_000_000 + 1;
      assertThat(admitted.get()).isBetween(90_000L, 100_000 + seconds * 1_000);
    }
  }

  /** Until the first refusal; whether anything was admitted. */
  private static boolean spend(RateLimiter node, AtomicLong admitted) {
    long before = admitted.get();
    while (node.check(ALONE_KEPT, Request.of()).allowed()) {
      admitted.incrementAndGet();
    }
    return admitted.get() > before + 100;
  }

  @Test
  void aRefusalSaysWhenToComeAgain() {
    Decision never = limiter.check(ALONE, Request.of(), 100_001);
    assertThat(((Decision.Denied) never).reason()).isEqualTo(Decision.Reason.NEVER);
    long start = System.nanoTime();
    assertThat(limiter.check(ALONE, Request.of(), 100_000).allowed()).isTrue();

    Decision refused = limiter.check(ALONE, Request.of(), 50_000);

    Duration passed = Duration.ofNanos(System.nanoTime() - start);
    Duration most = Duration.ofSeconds(50);
    assertThat(refused.allowed()).isFalse();
    assertThat(refused.retryAfter())
        .as("less what returned before it was asked, and less what passed after that")
        .isBetween(most.minus(passed.multipliedBy(2)), most);
    assertThat(refused.binding()).map(LimitStatus::policy).hasValue(HOT);
  }

  @Test
  void whatAnotherPolicyRefusesCostsNoLeasedPermit() {
    assertThat(limiter.check(MIXED, Request.of("user", "1")).allowed()).isTrue();
    assertThat(limiter.check(MIXED, Request.of("user", "2")).limits()).hasSize(2);
    long before = remaining(ALONE_KEPT);

    Decision refused = limiter.check(MIXED, Request.of("user", "1"));

    assertThat(refused.allowed()).isFalse();
    assertThat(refused.binding()).map(status -> status.policy().name()).hasValue("per-user");
    assertThat(remaining(ALONE_KEPT)).isEqualTo(before);
  }

  private long remaining(Plan plan) {
    return limiter.peek(plan, Request.of()).limits().get(0).remaining();
  }

  @Test
  void whatIsNotSpentGoesBack() {
    assertThat(limiter.check(ALONE, Request.of()).allowed()).isTrue();

    Await.until("permits given back", PATIENCE, () -> remaining(ALONE) == 0);

    try (RateLimiter other = limiter()) { // this node lets go of them just before Redis has them
      Await.until(
          "another node gets them",
          PATIENCE,
          () -> other.check(ALONE, Request.of(), 99_999).allowed());
    }
  }

  @Test
  void whatIsHeldGoesBackWhenTheLimiterIsClosed() {
    try (RateLimiter other = limiter()) {
      assertThat(other.check(ALONE, Request.of()).allowed()).isTrue();
    }
    assertThat(limiter.check(ALONE, Request.of(), 99_999).allowed()).isTrue();
  }

  @Test
  void aResetFillsTheBucket() {
    assertThat(limiter.check(ALONE, Request.of(), 100_000).allowed()).isTrue();

    limiter.reset(ALONE, Request.of());

    assertThat(limiter.check(ALONE, Request.of(), 100_000).allowed()).isTrue();
  }

  @Test
  void aBlockOfALeasedPolicyIsRefused() {
    assertThatThrownBy(() -> limiter.block(ALONE, Request.of(), HOUR))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("policy: 'hot' (expected: one that is not leased;");
  }

  @Test
  void aRefundDoesNotBringLeasedPermitsBack() {
    Decision decision = limiter.check(MIXED, Request.of("user", "1"));
    long before = remaining(ALONE_KEPT);

    assertThat(limiter.refund(decision)).isFalse();

    assertThat(remaining(ALONE_KEPT)).isEqualTo(before);
    assertThat(limiter.check(MIXED, Request.of("user", "1")).allowed()).isTrue();
  }

  /** What a node holds it may spend while Redis is down; then its failure mode decides. */
  @Test
  void aNodeSpendsItsLeaseWhileRedisIsKilledAndThenFailsAsThePolicySays() {
    assertThat(limiter.check(ALONE, Request.of()).allowed()).isTrue();

    redis.close();

    Await.until(
        "the failure mode",
        PATIENCE,
        () ->
            limiter.check(ALONE, Request.of()) instanceof Decision.Denied denied
                && denied.reason() == Decision.Reason.UNAVAILABLE
                && denied.degraded());
  }

  @Test
  void closingLeavesNoThread() {
    ThreadLeaks.assertNone(
        "perf-ratelimit",
        () -> {
          try (RateLimiter other = limiter()) {
            assertThat(other.check(ALONE, Request.of()).allowed()).isTrue();
          }
        });
  }

  @Test
  void onlyLargeBucketsAreLeased() {
    Duration second = Duration.ofSeconds(1);
    String expected =
        "(expected: zero, or a token bucket that holds and regains at least 1000 permits a second;";
    for (Policy small :
        new Policy[] {
          Policy.tokenBucket("p", 999, second, 1_000),
          Policy.tokenBucket("p", 1_000, second, 999),
          Policy.tokenBucket("p", 1_000, Duration.ofMillis(1_001)),
          Policy.slidingWindow("p", 10_000, second)
        }) {
      assertThatThrownBy(() -> small.leased(second))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(expected);
    }
    Policy large = Policy.tokenBucket("p", 100, Duration.ofMillis(100), 1_000);
    assertThat(large.leased(second).lease()).isEqualTo(second);
    for (Duration life : new Duration[] {Duration.ofMillis(99), Duration.ofSeconds(61)}) {
      assertThatThrownBy(() -> large.leased(life))
          .hasMessage("lease: " + life + " (expected: PT0.1S to PT1M, or zero)");
    }
    assertThatThrownBy(() -> large.asShadow().leased(second))
        .hasMessage("lease: PT1S (expected: zero of a shadow)");
  }

  @Test
  void inProcessALeasedPolicyIsAnOrdinaryOne() {
    try (RateLimiter local = RateLimiter.local()) {
      assertThat(local.check(ALONE, Request.of(), 100_000).allowed()).isTrue();
      assertThat(local.check(ALONE, Request.of(), 50_000).allowed()).isFalse();
    }
  }

  private long scripts() {
    Matcher calls =
        Pattern.compile("cmdstat_eval(?:sha)?:calls=(\\d+)").matcher(client.info("commandstats"));
    return calls
        .results()
        .map((MatchResult found) -> found.group(1))
        .mapToLong(Long::parseLong)
        .sum();
  }
}
