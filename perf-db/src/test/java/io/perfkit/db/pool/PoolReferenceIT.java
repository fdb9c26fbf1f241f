package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.testing.TestDatabase;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The tables of docs/reference say what the code says. */
@RealPostgres
final class PoolReferenceIT {
  @Test
  void metricsAreThoseOfTheTable(TestDatabase database) {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (PoolManager pool =
        PoolManager.builder(database.dataSource(), Pools.config().build())
            .meterRegistry(registry)
            .build()) {
      assertThat(pool.name()).isEqualTo("test");
      Map<String, String> registered = new TreeMap<>();
      for (Meter meter : registry.getMeters()) {
        registered.put(
            meter.getId().getName(),
            meter.getId().getType().name().toLowerCase(Locale.ROOT)
                + " "
                + meter.getId().getTags().stream().map(Tag::getKey).sorted().toList());
      }
      Map<String, String> documented = new TreeMap<>();
      for (List<String> row : ReferenceTable.under("perf-db: the pool", "metrics.md").rows()) {
        Matcher tags = Pattern.compile("`(\\w+)`").matcher(row.get(2));
        documented.put(
            row.get(0).replace("`", ""),
            row.get(1) + " " + tags.results().map(found -> found.group(1)).sorted().toList());
      }
      assertThat(documented).isEqualTo(registered);
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
