package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class LocalRateLimiterTest extends RateLimiterContract {
  @Override
  RateLimiter.Builder builder() {
    return RateLimiter.localBuilder();
  }

  @Test
  void forgetsKeysWhosePermitsAreAllThere() {
    RateLimiter limiter = limiter();
    Plan plan = Plan.of("p").with(Policy.tokenBucket("forgets", 10, SECOND), "ip");
    for (int i = 0; i < 1_000; i++) {
      limiter.check(plan, ip("first-" + i));
    }
    assertThat(limiter.health().keys()).isEqualTo(1_000);
    clock.advance(Duration.ofMillis(100));

    for (int i = 0; i < 1_000; i++) {
      limiter.check(plan, ip("second-" + i));
    }

    assertThat(limiter.health().keys()).isEqualTo(1_000);
  }

  @Test
  void aBlockedKeyIsNotForgottenThoughItsPermitsAreAllThere() {
    RateLimiter limiter = limiter();
    Plan plan = Plan.of("p").with(Policy.tokenBucket("blocks", 10, SECOND), "ip");
    limiter.block(plan, ip("blocked"), Duration.ofHours(1));
    for (int i = 0; i < 100; i++) {
      clock.advance(SECOND);
      limiter.check(plan, ip("other-" + i));
    }

    assertThat(limiter.check(plan, ip("blocked")).allowed()).isFalse();
  }

  @Test
  void aKeyThatOwesIsNeverForgottenAndTooManyKeysShareACount() {
    RateLimiter limiter = builder().config(RateLimiterConfig.builder().maxKeys(10).build()).build();
    Plan plan = Plan.of("p").with(Policy.tokenBucket("crowd", 2, Duration.ofHours(1)), "ip");
    for (int i = 0; i < 10; i++) {
      limiter.check(plan, ip("early-" + i), 2);
    }

    assertThat(limiter.health().overflowing()).isTrue();
    assertThat(limiter.health().healthy()).isFalse();
    assertThat(limiter.check(plan, ip("late-1")).allowed()).isTrue();
    assertThat(limiter.check(plan, ip("late-2")).allowed()).isTrue();
    assertThat(limiter.check(plan, ip("late-3")).allowed()).as("they share").isFalse();
    for (int i = 0; i < 10; i++) {
      assertThat(limiter.check(plan, ip("early-" + i)).allowed()).isFalse();
    }
    limiter.close();
  }

  @Test
  void exemptionsAreLoggedOnceAMinute() {
    RateLimiter limiter = limiter(builder().bypass(principal -> true));
    Plan plan = Plan.of("vip").with(Policy.tokenBucket("vip", 1, SECOND));
    PrintStream console = System.err;
    ByteArrayOutputStream logged = new ByteArrayOutputStream();
    System.setErr(new PrintStream(logged, true, UTF_8));
    try {
      for (int i = 0; i < 119; i++) {
        limiter.check(plan, Request.of().as(() -> "admin"));
        clock.advance(SECOND);
      }
    } finally {
      System.setErr(console);
    }
    assertThat(logged.toString(UTF_8).lines())
        .satisfiesExactly(
            line ->
                assertThat(line).endsWith("1 requests were exempt so far, the last one from vip"),
            line -> assertThat(line).contains("61 requests were exempt so far"));
  }

  @Test
  void keysOfAnAttackerInOnePolicyLeaveRoomForThoseOfAnother() {
    RateLimiter limiter = limiter();
    Policy tried = Policy.slidingWindow("tried", 5, Duration.ofHours(1));
    Plan attacked = Plan.of("attacked").with(tried, "ip");
    Plan other = Plan.of("other").with(Policy.tokenBucket("other", 2, Duration.ofHours(1)), "ip");
    for (int i = 0; i < 110_000; i++) {
      limiter.check(attacked, ip("attacker-" + i));
    }
    assertThat(limiter.health().overflowing()).isTrue();
    assertThat(limiter.stats().overflows()).isEqualTo(10_000);

    for (int i = 0; i < 100; i++) {
      assertThat(limiter.check(other, ip("user-" + i)).allowed()).as("user %s", i).isTrue();
      assertThat(limiter.check(other, ip("user-" + i)).allowed()).as("again").isTrue();
      assertThat(limiter.check(other, ip("user-" + i)).allowed()).as("a third time").isFalse();
    }
  }

  @Test
  void keysOfAPolicyAreBoundedInBytesToo() {
    RateLimiterConfig config = RateLimiterConfig.builder().maxBytes(1_000_000).build();
    RateLimiter limiter = limiter(builder().config(config));
    Plan logs = Plan.of("l").with(Policy.slidingWindow("l", 100, Duration.ofHours(1)), "ip");
    Plan buckets = Plan.of("b").with(Policy.tokenBucket("b", 1, Duration.ofHours(1)), "ip");
    for (int i = 0; i < 10_000; i++) {
      limiter.check(logs, ip("ip-" + i));
    }
    assertThat(limiter.stats().keys()).isBetween(800, 1_000);
    for (int i = 0; i < 10_000; i++) {
      limiter.check(buckets, ip("ip-" + i));
    }
    assertThat(limiter.stats().keys()).isBetween(3_500, 5_000);
  }

  /** What docs/concepts/rate-limits.md says that a key takes, as the heap of this JVM has it. */
  @Test
  void aKeyTakesTheBytesThatAreAccountedFor() {
    for (Policy policy :
        new Policy[] {
          Policy.tokenBucket("bucket", 10, Duration.ofHours(1)),
          Policy.slidingWindow("log", 100, Duration.ofHours(1)),
          Policy.slidingWindow("segments", 200, Duration.ofHours(1)),
          Policy.fixedWindow("fixed", 10, Duration.ofHours(1)),
          Policy.concurrency("held", 20, Duration.ofHours(1))
        }) {
      int keys = 5_000;
      boolean held = policy.limit() instanceof Limit.Concurrency;
      long cost = held ? 1 : policy.limit().capacity();
      RateLimiter limiter = limiter();
      Plan plan = Plan.of("p").with(policy, "ip");
      limiter.check(plan, ip("first"), cost);
      clock.advance(SECOND); // its nanoseconds are no longer numbers that the JDK caches
      long before = used();
      for (int i = 0; i < keys; i++) {
        Request request = ip("2001:db8:1234:5678::%020d".formatted(i));
        for (int times = held ? 20 : 1; times > 0; times--) {
          limiter.check(plan, request, cost);
        }
      }
      long perKey = (used() - before) / keys;
      assertThat(limiter.stats().keys()).isEqualTo(keys + 1);
      assertThat(LocalCounters.bytes(new Rule(policy, 0), 1))
          .as("%s: %s bytes in the heap", policy.name(), perKey)
          .isBetween(perKey * 3 / 4, perKey * 3 / 2);
    }
  }

  private static long used() {
    long used = Long.MAX_VALUE;
    for (int i = 0; i < 3; i++) {
      System.gc();
      Runtime runtime = Runtime.getRuntime();
      used = Math.min(used, runtime.totalMemory() - runtime.freeMemory());
    }
    return used;
  }
}
