package io.perfkit.db;

import io.perfkit.testing.HouseRules;
import org.junit.jupiter.api.Test;

final class ArchitectureTest {
  @Test
  void keepsTheHouseRules() {
    HouseRules.of("io.perfkit.db")
        .rootException("DbException")
        .clocks("batch.BatchWriter", "pool.PoolManager", "query.QueryMonitor", "route.Router")
        .threads(
            "batch.Acknowledgements",
            "batch.BatchWriter",
            "pool.HikariPoolManager",
            "pool.WarmUpRun",
            "query.Watchdog",
            "route.NodePoller")
        .delegation("internal.DelegatingResultSet", "query.MonitoredCallableStatement")
        .check();
  }
}
