package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

final class LimitTest {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final long EXACT_MAX = (1L << 53) - 1;

  private static void refuses(ThrowingCallable made, String message) {
    assertThatThrownBy(made)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(message);
  }

  @Test
  void admitsAtLeastOne() {
    for (long none : new long[] {0, -1, EXACT_MAX + 1}) {
      String message = "permits: " + none + " (expected: 1 to 2^53 - 1 = 9007199254740991)";
      refuses(() -> new Limit.TokenBucket(none, SECOND, 1), message);
      refuses(() -> new Limit.SlidingWindow(none, SECOND), message);
      refuses(() -> new Limit.FixedWindow(none, SECOND), message);
      refuses(() -> new Limit.CalendarQuota(none, ChronoUnit.DAYS, ZoneOffset.UTC), message);
      refuses(() -> new Limit.TokenBucket(1, SECOND, none), message.replace("permits", "burst"));
      refuses(() -> new Limit.Concurrency(none, SECOND), "permits: " + none + " (expected: 1 to");
    }
    refuses(
        () -> new Limit.Concurrency(100_001, SECOND), "permits: 100001 (expected: 1 to 100000)");
  }

  @Test
  void spansAreWholeMicroseconds() {
    for (Duration span :
        List.of(
            Duration.ZERO,
            Duration.ofNanos(1),
            Duration.ofNanos(1_001),
            Duration.ofSeconds(-1),
            Duration.ofDays(3_661))) {
      String tail = ": " + span + " (expected: whole microseconds, 1 us to PT87840H)";
      refuses(() -> new Limit.TokenBucket(1, span, 1), "period" + tail);
      refuses(() -> new Limit.SlidingWindow(1, span), "window" + tail);
      refuses(() -> new Limit.FixedWindow(1, span), "window" + tail);
      refuses(() -> new Limit.Concurrency(1, span), "maxHold" + tail);
    }
    assertThat(new Limit.SlidingWindow(1, Duration.ofNanos(1_000)).permits()).isEqualTo(1);
  }

  @Test
  void aWindowOfManyPermitsHasRoomForItsSegments() {
    Duration short31 = Duration.ofNanos(31_000);
    refuses(
        () -> new Limit.SlidingWindow(129, short31),
        "window: PT0.000031S (expected: >= 32 microseconds)");
    assertThat(new Limit.SlidingWindow(128, short31).logged()).isTrue();
    assertThat(new Limit.SlidingWindow(129, short31.plusNanos(1_000)).segmentMicros()).isEqualTo(1);
  }

  @Test
  void aBucketIsCountedExactlyOrRefused() {
    Duration day = Duration.ofDays(1);
    assertThat(new Limit.TokenBucket(1_000_000, day, 1_000_000).unitsPerPermit()).isEqualTo(86_400);
    refuses(
        () -> new Limit.TokenBucket(999_983, day, 999_983),
        "burst: 999983 of 999983 per PT24H (expected: burst * period in microseconds /"
            + " gcd(permits, period) < 2^53 = 9007199254740992, so that Redis counts exactly;"
            + " choose permits that divide the period)");
    long most = EXACT_MAX / 1_000_000;
    assertThat(new Limit.TokenBucket(1, SECOND, most).capacity()).isEqualTo(most);
    refuses(() -> new Limit.TokenBucket(1, SECOND, most + 1), "burst: " + (most + 1) + " of 1 per");
    refuses(
        () -> new Limit.TokenBucket(2_000_000_000, SECOND, 1),
        "permits: 2000000000 per PT1S (expected: <= 1,000 per microsecond)");
  }

  @Test
  void aCalendarHasUnits() {
    refuses(
        () -> new Limit.CalendarQuota(1, ChronoUnit.MINUTES, ZoneOffset.UTC),
        "unit: Minutes (expected: HOURS, DAYS, WEEKS, MONTHS or YEARS)");
  }

  @Test
  void aPolicyIsPlainAndCostsWhatItsLimitHolds() {
    refuses(
        () -> Policy.tokenBucket("a:b", 1, SECOND),
        "name: 'a:b' (expected: 1 to 100 of letters, digits and . _ -)");
    Policy policy = Policy.tokenBucket("p", 10, SECOND, 3);
    for (long cost : new long[] {0, -1, 4}) {
      refuses(() -> policy.withCost(cost), "cost: " + cost + " (expected: 1 to the capacity 3)");
    }
    assertThat(policy.withCost(3).cost()).isEqualTo(3);
    assertThat(policy.asShadow().asHidden().withOnRedisDown(OnRedisDown.open()))
        .isEqualTo(
            new Policy("p", policy.limit(), 1, OnRedisDown.open(), true, true, Duration.ZERO));
  }

  @Test
  void aShareIsAPart() {
    for (double share : new double[] {0, -1, 1.1, Double.NaN}) {
      refuses(
          () -> OnRedisDown.local(share), "share: " + share + " (expected: above 0, at most 1)");
    }
  }

  @Test
  void aPlanNamesEachPolicyOnce() {
    Policy policy = Policy.tokenBucket("p", 1, SECOND);
    Plan plan = Plan.of("plan").with(policy, "ip");
    refuses(
        () -> plan.with(policy.asShadow()),
        "policy: 'p' (expected: a name not taken yet in plan 'plan')");
    Plan full = Plan.of("full");
    for (int i = 0; i < Plan.MAX_POLICIES; i++) {
      full = full.with(Policy.tokenBucket("p" + i, 1, SECOND));
    }
    Plan most = full;
    refuses(() -> most.with(policy), "policies: 17 (expected: at most 16 in a plan)");
  }

  @Test
  void aRequestHasKeys() {
    refuses(
        () -> Request.of("ip", ""),
        "key: '' of 'ip' (expected: not empty; leave the dimension away)");
    refuses(() -> Request.of("", "x"), "dimension: '' (expected: not empty)");
    assertThat(Request.of("ip", "secret").with("user", "u").toString())
        .isEqualTo("Request[user, ip]");
    assertThat(Request.of("ip", "a").with("ip", "b").key("ip")).isEqualTo("b");
    assertThat(Request.of("ip", "#" + "0".repeat(64)).key("ip"))
        .as("looks like a digest, so it is digested")
        .isNotEqualTo("#" + "0".repeat(64));
  }

  @Test
  void settingsAreBounded() {
    RateLimiterConfig.Builder builder = RateLimiterConfig.builder();
    refuses(() -> builder.maxKeys(0).build(), "maxKeys: 0 (expected: >= 1)");
    refuses(() -> builder.maxKeys(1).maxDenials(0).build(), "maxDenials: 0 (expected: >= 1)");
    refuses(
        () -> builder.maxDenials(1).maxRefusedKeys(0).build(),
        "maxRefusedKeys: 0 (expected: >= 1)");
    refuses(
        () -> builder.maxRefusedKeys(1).denialTtl(Duration.ofHours(2)).build(),
        "denialTtl: PT2H (expected: zero to PT1H)");
    RateLimiterConfig changed = builder.denialTtl(SECOND.plusMillis(1)).build();
    assertThat(changed.toBuilder().build()).isEqualTo(changed);
  }
}
