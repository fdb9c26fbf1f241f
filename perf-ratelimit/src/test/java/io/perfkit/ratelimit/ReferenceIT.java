package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
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

  @Test
  void metricsAreThoseOfTheTable(TestRedis server) {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (RateLimiter limiter =
        RateLimiter.builder(server.client(), server.prefix() + "reference")
            .meterRegistry(registry)
            .build()) {
      Plan plan = Plan.of("p").with(POLICY, "ip");
      for (int i = 0; i < 3; i++) {
        limiter.check(plan, Request.of("ip", "a"));
      }

      assertThat(count(registry, "allowed")).isEqualTo(1);
      assertThat(count(registry, "denied")).isEqualTo(2);
      assertThat(registry.get("perf.ratelimit.denials.remembered").functionCounter().count())
          .isEqualTo(1);
      assertThat(registry.get("perf.ratelimit.check").timer().count()).isEqualTo(2);

      assertThat(ReferenceTable.under("perf-ratelimit", "metrics.md").meters())
          .isEqualTo(ReferenceTable.metersOf(registry));
    }
  }

  private static double count(SimpleMeterRegistry registry, String result) {
    return registry.get("perf.ratelimit.decisions").tag("result", result).functionCounter().count();
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
}
