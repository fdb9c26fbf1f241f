package io.perfkit.cache;

import io.perfkit.testing.HouseRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void keepsTheHouseRules() {
    HouseRules.of("io.perfkit.cache")
        .rootException("CacheException")
        .clocks("Caches", "RedisBackend", "behind.WriteBehind")
        .threads(
            "Caches", "InvalidationChannel", "LoadThreads", "TickingClock", "behind.WriteBehind")
        .elapsedTimeOnly()
        .check();
  }
}
