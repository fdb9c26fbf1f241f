package io.perfkit.redis;

import io.perfkit.testing.HouseRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void keepsTheHouseRules() {
    HouseRules.of("io.perfkit.redis")
        .rootException("RedisException")
        .threads("GuardedClient", "Workers")
        .clocks("GuardedClient")
        .elapsedTimeOnly()
        .check();
  }
}
