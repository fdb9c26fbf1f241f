package io.perfkit.db;

import io.perfkit.testing.HouseRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void keepsTheHouseRules() {
    HouseRules.of("io.perfkit.db")
        .rootException("DbException")
        .clocks("batch.BatchWriter", "query.QueryMonitor", "route.Router")
        .threads("batch.BatchWriter", "query.Watchdog", "route.Watch")
        .check();
  }
}
