package io.perfkit.cache;

import io.perfkit.testing.HouseRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void keepsTheHouseRules() {
    HouseRules.of("io.perfkit.cache")
        .rootException("CacheException")
        .clocks("Caches")
        .threads("Caches", "InvalidationChannel", "LoadThreads", "TickingClock", "WriteBehind")
        .elapsedTimeOnly()
        .check();
  }
}
