package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.cache.behind.WriteBehind;
import io.perfkit.cache.behind.WriteBehindConfig;
import io.perfkit.redis.Codec;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.testing.TestRedis;
import java.util.Map;
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
          WriteBehind.create(
              caches, ReadThrough.of(cache, key -> null), writes -> {}, (write, reason) -> {});
      caches.shared().list("l", Codec.string(), SharedConfig.defaults());

      Map<String, String> meters = ReferenceTable.under("perf-cache", "metrics.md").meters();
      meters.putAll(ReferenceTable.under("perf-redis", "metrics.md").meters());
      assertThat(ReferenceTable.metersOf(registry)).isEqualTo(meters);
    }
  }

  @Test
  void defaultsAreThoseOfTheTable() {
    assertThat(ReferenceTable.under("CacheConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(CacheConfig.defaults()));
    assertThat(ReferenceTable.under("CachesConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(CachesConfig.defaults()));
    assertThat(ReferenceTable.under("WriteBehindConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(WriteBehindConfig.defaults()));
    assertThat(ReferenceTable.under("HotKeysConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(HotKeysConfig.defaults()));
    assertThat(ReferenceTable.under("SharedConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(SharedConfig.defaults()));
  }

  @Test
  void commandsAreThoseOfTheTable() {
    assertThat(ReferenceTable.under("Least privilege", "redis-keys.md").secondByFirst())
        .containsEntry("perf-cache", ReferenceTable.commandsOfScripts("perf-cache"));
  }
}
