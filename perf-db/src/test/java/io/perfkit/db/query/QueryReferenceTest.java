package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.ReferenceTable;
import org.junit.jupiter.api.Test;

/** The tables of docs/reference say what the code says. */
final class QueryReferenceTest {
  @Test
  void metricsAreThoseOfTheTable() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (QueryMonitor monitor = QueryMonitor.builder().meterRegistry(registry).build()) {
      assertThat(monitor.stats().calls()).isZero();
      assertThat(ReferenceTable.under("perf-db: queries", "metrics.md").meters())
          .isEqualTo(ReferenceTable.metersOf(registry));
    }
  }

  @Test
  void defaultsAreThoseOfTheTable() {
    assertThat(ReferenceTable.under("QueryMonitorConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(QueryMonitorConfig.defaults()));
    assertThat(ReferenceTable.under("QueryCacheConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(QueryCacheConfig.defaults()));
  }
}
