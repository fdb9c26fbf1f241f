package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.testing.TestDatabase;
import java.sql.SQLException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The tables of docs/reference say what the code says. */
@RealPostgres
final class BatchReferenceIT {
  @Test
  void metricsAreThoseOfTheTableAndGoWithTheWriter(TestDatabase database) throws SQLException {
    Bet.createTable(database.dataSource());
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    Map<String, String> registered = new TreeMap<>();
    BatchWriter<Bet> writer =
        BatchWriter.builder(database.dataSource(), Bet.TABLE, rejection -> {})
            .meterRegistry(registry)
            .upsert();
    writer.add(Bet.of(1, "m"));
    for (Meter meter : registry.getMeters()) {
      registered.put(
          meter.getId().getName(),
          meter.getId().getType().name().toLowerCase(Locale.ROOT)
              + " "
              + meter.getId().getTags().stream().map(Tag::getKey).sorted().toList());
    }
    Map<String, String> documented = new TreeMap<>();
    for (List<String> row : ReferenceTable.under("perf-db: batch", "metrics.md").rows()) {
      Matcher tags = Pattern.compile("`(\\w+)`").matcher(row.get(2));
      documented.put(
          row.get(0).replace("`", ""),
          row.get(1) + " " + tags.results().map(found -> found.group(1)).sorted().toList());
    }
    assertThat(documented).isEqualTo(registered);
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
