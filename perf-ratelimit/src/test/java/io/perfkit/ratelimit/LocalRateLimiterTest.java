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
}
