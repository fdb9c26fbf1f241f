package io.perfkit.monitoring;

import io.perfkit.testing.HouseRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void keepsTheHouseRules() {
    HouseRules.of("io.perfkit.monitoring")
        .clocks("health.HealthChecks", "internal.OncePerMinute", "alert.SinkQueue")
        .elapsedTimeOnly()
        .threads(
            "health.HealthChecks", "alert.Alerts", "alert.SinkQueue", "server.ManagementServer")
        .check();
  }
}
