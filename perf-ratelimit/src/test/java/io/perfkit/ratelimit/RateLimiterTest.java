package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.ratelimit.http.HeadersConfig;
import io.perfkit.ratelimit.http.RateLimitHeaders;
import io.perfkit.ratelimit.http.Refusal;
import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
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

  @Test
  void theFirstRequestOfAWindowCanBeRefunded() {
    try (RateLimiter limiter = RateLimiter.local()) {
      Plan day =
          Plan.of("day")
              .with(Policy.calendarQuota("day", 1, ChronoUnit.DAYS, ZoneOffset.UTC), "ip");
      Plan hour = Plan.of("hour").with(Policy.fixedWindow("hour", 1, Duration.ofHours(1)), "ip");
      for (int i = 0; i < 2_000; i++) {
        for (Plan plan : List.of(day, hour)) {
          Request request = Request.of("ip", "user" + i);
          assertThat(limiter.refund(limiter.check(plan, request))).isTrue();
          assertThat(limiter.check(plan, request).allowed()).as("%s %s", plan, i).isTrue();
        }
      }
    }
  }

  @Test
  void aRefundOfAnEarlierWindowGivesNothingToTheNext() {
    FakeClock clock = FakeClock.startingAt(Instant.parse("2027-01-01T00:59:59Z"));
    try (RateLimiter limiter =
        RateLimiter.localBuilder().clocks(clock.nanos(), clock, Sleeper.parking()).build()) {
      Plan hour = Plan.of("hour").with(Policy.fixedWindow("hour", 2, Duration.ofHours(1)), "ip");
      Decision earlier = limiter.check(hour, A);
      clock.advance(Duration.ofSeconds(2));
      limiter.check(hour, A, 2);
      limiter.refund(earlier);
      assertThat(limiter.check(hour, A).allowed()).isFalse();
    }
  }

  @Test
  void whatMachinesReadIsAsciiInEveryLocale() {
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG"));
    try (RateLimiter limiter = RateLimiter.local()) {
      limiter.check(PLAN, A, 2);
      Decision refusal = limiter.check(PLAN, A);
      Map<String, String> headers = new TreeMap<>();
      RateLimitHeaders.of(HeadersConfig.builder().rateLimit(true).build())
          .write(refusal, headers::put);
      String body = Refusal.of((Decision.Denied) refusal).body();
      assertThat(headers + body).matches("\\p{ASCII}*").contains("\"status\":429");
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void aDecisionTellsThatItIsDegraded() {
    CheckRequest check = new CheckRequest(new Rule[0], new String[0], 1);
    CheckResult degraded = CheckResult.of(check, new long[0]).asDegraded();
    assertThat(degraded.decision()).hasToString("Allowed[degraded][]");
    assertThat(new Decision.Denied(Decision.Reason.SPENT, degraded))
        .hasToString("Denied[SPENT, degraded][]");
  }
}
