package io.perfkit.ratelimit.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.Request;
import io.perfkit.ratelimit.http.HeadersConfig.Reset;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class RateLimitHeadersTest {
  private static final Instant NOW = Instant.parse("2026-01-01T00:00:00.300Z");
  private static final Policy HOURLY = Policy.tokenBucket("hourly", 2, Duration.ofHours(1));
  private static final Policy USER = Policy.tokenBucket("per-user", 20, Duration.ofSeconds(1));

  private final RateLimiter limiter = RateLimiter.local();

  @AfterEach
  void close() {
    limiter.close();
  }

  @Test
  void anAdmissionTellsHowTheBindingPolicyStands() {
    Decision decision = check(Plan.of("p").with(USER, "user").with(HOURLY, "user"));

    assertThat(written(HeadersConfig.defaults(), decision))
        .containsEntry("X-RateLimit-Limit", "2")
        .containsEntry("X-RateLimit-Remaining", "1")
        .hasSize(3);
  }

  /** Half an hour to the permit that was spent, from a time between two seconds: rounded up. */
  @Test
  void theResetIsASecondOfTheClockOrFromNow() {
    Decision decision = check(Plan.of("p").with(HOURLY, "user"));
    long reset = decision.limits().get(0).resetAfter().toMillis();
    assertThat(reset).isEqualTo(1_800_000);

    assertThat(written(HeadersConfig.defaults(), decision))
        .containsEntry("X-RateLimit-Reset", "" + (NOW.getEpochSecond() + 1_801));
    assertThat(written(HeadersConfig.builder().reset(Reset.DELTA_SECONDS).build(), decision))
        .containsEntry("X-RateLimit-Reset", "1800");
  }

  @Test
  void aRefusalSaysWhenToComeAgainNeverTooEarly() {
    Plan plan = Plan.of("p").with(Policy.tokenBucket("often", 1, Duration.ofMillis(700)), "user");
    Decision allowed = check(plan);
    Decision denied = check(plan);
    for (int i = 0; i < 1_000 && denied.allowed(); i++) { // 700 ms may pass between two checks
      denied = check(plan);
    }

    assertThat(allowed.allowed()).isTrue();
    assertThat(written(HeadersConfig.defaults(), allowed)).doesNotContainKey("Retry-After");
    assertThat(denied.allowed()).isFalse();
    assertThat(denied.retryAfter()).isBetween(Duration.ofMillis(1), Duration.ofMillis(700));
    assertThat(written(HeadersConfig.defaults(), denied))
        .containsEntry("Retry-After", "1")
        .containsEntry("X-RateLimit-Remaining", "0");
  }

  @Test
  void ofARefusalForEverNoWaitIsTold() {
    Plan plan = Plan.of("p").with(HOURLY, "user");
    Decision never = limiter.check(plan, Request.of("user", "42"), 3);

    assertThat(never.allowed()).isFalse();
    assertThat(written(all(), never)).doesNotContainKey("Retry-After");
    assertThat(written(all(), never)).containsEntry("RateLimit", "\"hourly\";r=2");
  }

  /** Not the end of the lease, by which it is free at the latest: it may be at any time. */
  @Test
  void forWhatOthersHoldASecondIsTold() {
    Plan plan = Plan.of("p").with(Policy.concurrency("at-once", 1, Duration.ofHours(1)), "user");
    check(plan);
    Decision denied = check(plan);

    assertThat(written(all(), denied))
        .containsEntry("Retry-After", "1")
        .containsEntry("RateLimit-Policy", "\"at-once\";q=1;qu=\"concurrent-requests\"")
        .containsEntry("RateLimit", "\"at-once\";r=0;t=1");
    assertThat(Refusal.of((Decision.Denied) denied).body()).contains("Retry in 1 s.");
  }

  @Test
  void theDraftsHeadersNameAllPolicies() {
    Plan plan = Plan.of("p").with(USER, "user").with(HOURLY, "user");
    Decision decision = check(plan);

    assertThat(written(all(), decision))
        .containsEntry("RateLimit-Policy", "\"per-user\";q=20;w=1, \"hourly\";q=2;w=3600")
        .containsEntry("RateLimit", "\"per-user\";r=19;t=1, \"hourly\";r=1;t=1800");
  }

  @Test
  void ofWhatRefusesTheDraftsHeaderTellsTheSameWaitAsRetryAfter() {
    Plan plan = Plan.of("p").with(HOURLY, "user");
    check(plan);
    check(plan);
    Decision denied = check(plan);

    String retryAfter = written(all(), denied).get("Retry-After");
    assertThat(written(all(), denied)).containsEntry("RateLimit", "\"hourly\";r=0;t=" + retryAfter);
  }

  @Test
  void aWindowThatIsNoWholeNumberOfSecondsIsLeftOut() {
    Plan plan = Plan.of("p").with(Policy.tokenBucket("often", 7, Duration.ofMillis(1500)), "user");

    assertThat(written(all(), check(plan))).containsEntry("RateLimit-Policy", "\"often\";q=7");
  }

  @Test
  void hiddenPoliciesAreNotTold() {
    Plan plan = Plan.of("p").with(HOURLY.asHidden(), "user").with(USER, "user");

    assertThat(written(all(), check(plan)))
        .containsOnly(
            Map.entry("RateLimit-Policy", "\"per-user\";q=20;w=1"),
            Map.entry("RateLimit", "\"per-user\";r=19;t=1"));
    check(plan);
    assertThat(written(all(), check(plan)))
        .containsOnlyKeys("RateLimit-Policy", "RateLimit", "Retry-After");
  }

  @Test
  void shadowsAreNotTold() {
    Plan plan = Plan.of("p").with(HOURLY.asShadow(), "user");

    assertThat(written(all(), check(plan))).isEmpty();
  }

  @Test
  void headersAreWrittenOnlyIfTheyAreSwitchedOn() {
    Plan plan = Plan.of("p").with(HOURLY, "user");
    HeadersConfig silent = HeadersConfig.builder().xRateLimit(false).build();

    assertThat(written(silent, check(plan))).isEmpty();
    assertThat(RateLimitHeaders.of(silent).names()).containsExactly("Retry-After");
    assertThat(written(HeadersConfig.defaults(), check(plan)))
        .containsOnlyKeys("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset");
    assertThat(RateLimitHeaders.of(all()).names())
        .containsExactlyInAnyOrder(
            "X-RateLimit-Limit",
            "X-RateLimit-Remaining",
            "X-RateLimit-Reset",
            "Retry-After",
            "RateLimit-Policy",
            "RateLimit");
  }

  @Test
  void aRefusalIsAProblemThatNamesWhoRefused() {
    Plan plan = Plan.of("p").with(HOURLY, "user").with(USER, "user");
    check(plan);
    check(plan);
    Decision.Denied denied = (Decision.Denied) check(plan);

    Refusal refusal = Refusal.of(denied);

    assertThat(refusal.status()).isEqualTo(429);
    assertThat(refusal.body())
        .isEqualTo(
            "{\"type\":\"https://iana.org/assignments/http-problem-types#quota-exceeded\","
                + "\"title\":\"The quota is exceeded.\",\"status\":429,"
                + "\"detail\":\"Retry in "
                + Seconds.up(denied.retryAfter())
                + " s.\",\"violated-policies\":[\"hourly\"]}");
    assertThat(denied.retryAfter()).isBetween(Duration.ofMinutes(29), Duration.ofMinutes(30));
  }

  @Test
  void theProblemTellsNoHiddenPolicy() {
    Plan plan = Plan.of("p").with(HOURLY.asHidden(), "user");
    check(plan);
    check(plan);

    assertThat(Refusal.of((Decision.Denied) check(plan)).body())
        .doesNotContain("hourly")
        .doesNotContain("violated");
  }

  @Test
  void aProblemThatNoWaitSolvesSaysSo() {
    Plan plan = Plan.of("p").with(HOURLY, "user");
    Decision never = limiter.check(plan, Request.of("user", "42"), 3);

    assertThat(Refusal.of((Decision.Denied) never).body())
        .contains("\"status\":429", "The request costs more than the quota ever holds.");
  }

  @Test
  void secondsAreRoundedUpAndFitTheSyntax() {
    assertThat(Seconds.up(Duration.ofNanos(1))).isEqualTo(1);
    assertThat(Seconds.up(Duration.ofSeconds(1))).isEqualTo(1);
    assertThat(Seconds.up(Duration.ofSeconds(1, 1))).isEqualTo(2);
    assertThat(Seconds.up(Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(999_999_999_999_999L);
    assertThat(Seconds.up(NOW, Duration.ofSeconds(Long.MAX_VALUE))).isEqualTo(999_999_999_999_999L);
    assertThat(Seconds.integer(1L << 53)).isEqualTo(999_999_999_999_999L);
  }

  private Decision check(Plan plan) {
    return limiter.check(plan, Request.of("user", "42"));
  }

  private static HeadersConfig all() {
    return HeadersConfig.builder().rateLimit(true).build();
  }

  private static Map<String, String> written(HeadersConfig config, Decision decision) {
    Map<String, String> written = new TreeMap<>();
    RateLimitHeaders.of(config, () -> NOW).write(decision, written::put);
    return written;
  }
}
