package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.search.RequiredSearch;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The tables of docs/reference say what the code says. */
@RealRedis
final class ReferenceIT {
  private static final Policy POLICY = Policy.tokenBucket("p", 1, Duration.ofHours(1));
  private static final Policy LEASED =
      Policy.tokenBucket("leased", 1_000_000, Duration.ofSeconds(1)).leased(Duration.ofMinutes(1));

  @Test
  void metricsAreThoseOfTheTable(TestRedis server) {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (RateLimiter limiter =
        RateLimiter.builder(server.client(), server.prefix() + "reference")
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .config(RateLimiterConfig.builder().denialTtl(Duration.ofHours(1)).build())
            .meterRegistry(registry)
            .build()) {
      Plan plan = Plan.of("p").with(POLICY, "ip");
      for (int i = 0; i < 3; i++) {
        limiter.check(plan, Request.of("ip", "a"));
      }

      Plan leased = Plan.of("leased").with(LEASED);
      for (int i = 0; i < 10; i++) {
        limiter.check(leased, Request.of());
      }

      assertThat(count(registry, "allowed")).isEqualTo(1);
      assertThat(count(registry, "denied")).isEqualTo(2);
      assertThat(of(registry, "perf.ratelimit.denials.cached", POLICY).functionCounter().count())
          .isEqualTo(1);
      assertThat(of(registry, "perf.ratelimit.leases.hits", LEASED).functionCounter().count())
          .isEqualTo(9);
      assertThat(permits(registry, "granted")).isEqualTo(LeasedBucket.SIZE_MIN);
      assertThat(registry.get("perf.ratelimit.check").timer().count()).isEqualTo(12);

      Map<String, String> meters = ReferenceTable.under("perf-ratelimit", "metrics.md").meters();
      meters.putAll(ReferenceTable.under("perf-redis", "metrics.md").meters());
      assertThat(ReferenceTable.metersOf(registry)).isEqualTo(meters);
    }
  }

  private static RequiredSearch of(SimpleMeterRegistry registry, String meter, Policy policy) {
    return registry.get(meter).tag("policy", policy.name());
  }

  private static double count(SimpleMeterRegistry registry, String result) {
    return of(registry, "perf.ratelimit.decisions", POLICY)
        .tag("result", result)
        .functionCounter()
        .count();
  }

  private static double permits(SimpleMeterRegistry registry, String result) {
    return of(registry, "perf.ratelimit.leases.permits", LEASED)
        .tag("result", result)
        .functionCounter()
        .count();
  }

  @Test
  void defaultsAreThoseOfTheTables() {
    assertThat(ReferenceTable.under("RateLimiterConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(RateLimiterConfig.defaults()));
    Map<String, String> ofPolicy = ReferenceTable.componentsOf(POLICY);
    ofPolicy.keySet().removeAll(List.of("name", "limit"));
    assertThat(ReferenceTable.under("Policy", "configuration.md").secondByFirst())
        .isEqualTo(ofPolicy);
  }

  @Test
  void commandsAreThoseOfTheTable() {
    assertThat(ReferenceTable.under("Least privilege", "redis-keys.md").secondByFirst())
        .containsEntry("perf-ratelimit", ReferenceTable.commandsOfScripts("perf-ratelimit"));
  }
}
