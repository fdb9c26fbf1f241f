package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.testing.TestDatabase;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** The tables of docs/reference say what the code says. */
@RealPostgres
final class BatchReferenceIT {
  @Test
  void metricsAreThoseOfTheTableAndGoWithTheWriter(TestDatabase database) throws SQLException {
    Bet.createTable(database.dataSource());
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    BatchWriter<Bet> writer =
        BatchWriter.builder(database.dataSource(), Bet.TABLE, rejection -> {})
            .config(BatchConfig.builder().flushInterval(Duration.ofHours(1)).build())
            .meterRegistry(registry)
            .build();
    writer.add(Bet.of(1, "m"));
    assertThat(ReferenceTable.under("perf-db: batch", "metrics.md").meters())
        .isEqualTo(ReferenceTable.metersOf(registry));
    assertThat(registry.get(BatchMeters.BUFFERED).gauge().value()).isEqualTo(1);

    writer.close();

    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void defaultsAreThoseOfTheTable() {
    assertThat(ReferenceTable.under("BatchConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(BatchConfig.defaults()));
  }
}
