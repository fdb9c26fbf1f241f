package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.ReferenceTable;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The tables of docs/reference say what the code says. */
final class QueryReferenceTest {
  @Test
  void metricsAreThoseOfTheTable() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (QueryMonitor monitor =
        QueryMonitor.builder(QueryMonitorConfig.defaults()).meterRegistry(registry).build()) {
      assertThat(monitor.report().calls()).isZero();
      Map<String, String> registered = new TreeMap<>();
      for (Meter meter : registry.getMeters()) {
        registered.put(
            meter.getId().getName(),
            meter.getId().getType().name().toLowerCase(Locale.ROOT)
                + " "
                + meter.getId().getTags().stream().map(Tag::getKey).sorted().toList());
      }
      Map<String, String> documented = new TreeMap<>();
      for (List<String> row : ReferenceTable.under("perf-db: queries", "metrics.md").rows()) {
        Matcher tags = Pattern.compile("`(\\w+)`").matcher(row.get(2));
        documented.put(
            row.get(0).replace("`", ""),
            row.get(1) + " " + tags.results().map(found -> found.group(1)).sorted().toList());
      }
      assertThat(documented).isEqualTo(registered);
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
