package io.perfkit.jobs;

import io.perfkit.testing.HouseRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void keepsTheHouseRules() {
    HouseRules.of("io.perfkit.jobs")
        .rootException("JobException")
        .clocks("Jobs", "PostgresStore")
        .threads("NodeThreads", "PostgresListener", "RedisWaker")
        .check();
  }
}
