package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tag;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.redis.Codec;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.testing.TestRedis;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The tables of docs/reference say what the code says. */
@RealRedis
final class ReferenceIT {
  @Test
  void metricsAreThoseOfTheTable(TestRedis server) {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    try (Caches caches =
        Caches.builder(server.client(), "reference").meterRegistry(registry).build()) {
      Cache<String, String> cache =
          caches.cache("c", String.class, Codec.string(), CacheConfig.defaults());
      WriteBehind<String, String> unused =
          caches.writeBehind(
              ReadThrough.of(cache, key -> null),
              writes -> {},
              (write, reason) -> {},
              WriteBehindConfig.defaults());
      caches.shared().list("l", Codec.string(), SharedConfig.defaults());

      Map<String, String> registered = new TreeMap<>();
      for (Meter meter : registry.getMeters()) {
        registered.put(
            meter.getId().getName(),
            meter.getId().getType().name().toLowerCase(Locale.ROOT)
                + " "
                + meter.getId().getTags().stream().map(Tag::getKey).sorted().toList());
      }
      Map<String, String> documented = new TreeMap<>();
      for (List<String> row : ReferenceTable.under("perf-cache", "metrics.md").rows()) {
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
    assertThat(ReferenceTable.under("CacheConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(CacheConfig.defaults()));
    assertThat(ReferenceTable.under("WriteBehindConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(WriteBehindConfig.defaults()));
    assertThat(ReferenceTable.under("HotKeysConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(HotKeysConfig.defaults()));
    assertThat(ReferenceTable.under("SharedConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(SharedConfig.defaults()));
  }
}
