package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** What every limiter offers beside its decisions. */
final class RateLimiterTest {
  private static final Policy POLICY = Policy.tokenBucket("p", 2, Duration.ofHours(1));
  private static final Plan PLAN = Plan.of("plan").with(POLICY, "ip");
  private static final Request A = Request.of("ip", "a");

  @Test
  void aDisabledLimiterAdmitsEverythingUntilItIsClosed() {
    RateLimiter limiter = RateLimiter.disabled();
    for (int i = 0; i < 10; i++) {
      assertThat(limiter.check(PLAN, A)).isInstanceOf(Decision.Bypassed.class);
    }
    limiter.block(PLAN, A, Duration.ofHours(1));
    limiter.reset(PLAN, A);
    assertThat(limiter.peek(PLAN, A).allowed()).isTrue();
    assertThat(limiter.refund(limiter.check(PLAN, A, 5))).isFalse();
    assertThat(limiter.health().healthy()).isTrue();
    assertThat(limiter.stats()).isEqualTo(new RateLimiterStats(0, 0, 0, 0, 0, 0, 0));
    limiter.close();
    assertThatThrownBy(() -> limiter.check(PLAN, A)).hasMessageStartingWith("closed");
  }

  @Test
  void statsSumWhatThePoliciesDecided() {
    try (RateLimiter limiter = RateLimiter.local()) {
      for (int i = 0; i < 5; i++) {
        limiter.check(PLAN, A);
      }
      assertThat(limiter.stats()).isEqualTo(new RateLimiterStats(2, 3, 0, 0, 0, 1, 0));
    }
  }

  @Test
  void twoLimitersOfOneNameHaveMetersOfTheirOwn() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (RateLimiter first = named(registry)) {
      RateLimiter second = named(registry);
      first.check(PLAN, A);
      first.check(PLAN, A);
      second.check(PLAN, A);
      assertThat(allowed(registry, "api")).isEqualTo(2);
      assertThat(allowed(registry, "api-2")).isEqualTo(1);

      second.close();
      assertThat(allowed(registry, "api")).as("the first one's stay").isEqualTo(2);
      try (RateLimiter third = named(registry)) {
        third.check(PLAN, A);
        assertThat(allowed(registry, "api-2")).as("a name that is free again").isEqualTo(1);
      }
    }
    assertThat(registry.getMeters()).isEmpty();
  }

  private static RateLimiter named(SimpleMeterRegistry registry) {
    return RateLimiter.localBuilder().name("api").meterRegistry(registry).build();
  }

  private static double allowed(SimpleMeterRegistry registry, String limiter) {
    return registry
        .get("perf.ratelimit.decisions")
        .tags("limiter", limiter, "result", "allowed")
        .functionCounter()
        .count();
  }
}
