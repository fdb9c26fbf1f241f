package io.perfkit.monitoring;

import io.perfkit.testing.HouseRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void keepsTheHouseRules() {
    HouseRules.of("io.perfkit.monitoring")
        .clocks("health.HealthChecks", "internal.OncePerMinute")
        .elapsedTimeOnly()
        .threads("health.HealthChecks")
        .check();
  }
}
