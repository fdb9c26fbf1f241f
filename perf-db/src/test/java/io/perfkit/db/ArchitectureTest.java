package io.perfkit.db;

import io.perfkit.testing.HouseRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void keepsTheHouseRules() {
    HouseRules.of("io.perfkit.db")
        .rootException("DbException")
        .clocks("pool.PoolManager")
        .threads("pool.PoolManager", "pool.WarmingUp")
        .check();
  }
}
