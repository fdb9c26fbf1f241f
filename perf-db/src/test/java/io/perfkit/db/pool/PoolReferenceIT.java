package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.testing.TestDatabase;
import org.junit.jupiter.api.Test;

/** The tables of docs/reference say what the code says. */
@RealPostgres
final class PoolReferenceIT {
  @Test
  void metricsAreThoseOfTheTable(TestDatabase database) {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (PoolManager pool =
        PoolManager.builder(database.dataSource())
            .config(Pools.config().build())
            .meterRegistry(registry)
            .build()) {
      assertThat(pool.name()).isEqualTo("test");
      assertThat(ReferenceTable.under("perf-db: the pool", "metrics.md").meters())
          .isEqualTo(ReferenceTable.metersOf(registry));
    }
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void defaultsAreThoseOfTheTables() {
    assertThat(ReferenceTable.under("PoolConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(PoolConfig.of(4)));
    assertThat(ReferenceTable.under("UtilisationRule", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(UtilisationRule.defaults()));
    assertThat(ReferenceTable.under("TunerConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(TunerConfig.defaults()));
  }
}
