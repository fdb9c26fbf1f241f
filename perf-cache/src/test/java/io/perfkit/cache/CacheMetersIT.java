package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.cache.CacheMeterBinder;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** The meters of several caches on one registry. */
@RealRedis
final class CacheMetersIT {
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();

  @Test
  void twoCachesOnOneRegistryAreToldApartAndCloseOnlyTheirOwnMeters(TestRedis server) {
    try (Caches shop =
        Caches.builder(server.client(), "meters-shop")
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .meterRegistry(registry)
            .build()) {
      // A subscription that comes up later would end the copy whose hit is counted.
      Await.until("subscribed", NodesContract.DEADLINE, shop::subscribed);
      Cache<String, String> users =
          shop.cache("users", String.class, Codec.string(), CacheConfig.defaults());
      int meters = ours();
      try (Caches blog =
          Caches.builder(server.client(), "meters-shop")
              .name("second")
              .meterRegistry(registry)
              .build()) {
        blog.cache("users", String.class, Codec.string(), CacheConfig.defaults());
        users.put("1", "a");
        users.getIfPresent("1");
        assertThat(ours()).isEqualTo(2 * meters);
        assertThat(l1Hits("meters-shop")).isEqualTo(1);
        assertThat(l1Hits("second")).isZero();
      }
      assertThat(ours()).isEqualTo(meters);
      assertThat(l1Hits("meters-shop")).isEqualTo(1);
    }
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void refusesASecondCachesOfTheSameNameOnOneRegistry(TestRedis server) {
    try (Caches first =
        Caches.builder(server.client(), "meters-twice").meterRegistry(registry).build()) {
      int meters = ours();
      Caches.Builder second =
          Caches.builder(server.client(), "meters-twice").meterRegistry(registry);
      assertThatThrownBy(second::build)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "name: 'meters-twice' (expected: a name that no other open Caches has on this meter"
                  + " registry; Caches.Builder.name gives it another)");
      assertThat(first.name()).isEqualTo("meters-twice");
      assertThat(ours()).isEqualTo(meters);
    }
  }

  /** What Micrometer's own binder registers for a cache that Spring Boot knows. */
  private static Set<Meter.Id> ofMicrometer(String manager) {
    SimpleMeterRegistry theirs = new SimpleMeterRegistry();
    new CacheMeterBinder<>(
        new Object(), "users", Tags.of("cache.manager", manager, "name", "users")) {
      @Override
      protected Long size() {
        return 0L;
      }

      @Override
      protected long hitCount() {
        return 0;
      }

      @Override
      protected Long missCount() {
        return 0L;
      }

      @Override
      protected Long evictionCount() {
        return 0L;
      }

      @Override
      protected long putCount() {
        return 0;
      }

      @Override
      protected void bindImplementationSpecificMetrics(MeterRegistry all) {}
    }.bindTo(theirs);
    return theirs.getMeters().stream().map(Meter::getId).collect(Collectors.toSet());
  }

  @Test
  void micrometersNamesForCachesAreAnOption() {
    try (Caches caches =
        Caches.localBuilder()
            .name("shop")
            .meterRegistry(registry)
            .config(CachesConfig.builder().micrometerNames(true).build())
            .build()) {
      Cache<String, String> users =
          caches.cache("users", String.class, Codec.string(), CacheConfig.defaults());
      Set<Meter.Id> ids =
          registry.getMeters().stream()
              .map(Meter::getId)
              .filter(id -> !id.getName().startsWith("perf."))
              .collect(Collectors.toSet());
      assertThat(ids).isEqualTo(ofMicrometer("shop"));

      users.put("a", "1");
      users.getIfPresent("a");
      users.get("b", key -> "2");
      users.getIfPresent("none");
      assertThat(registry.get("cache.gets").tag("result", "hit").functionCounter().count())
          .isEqualTo(1);
      assertThat(registry.get("cache.gets").tag("result", "miss").functionCounter().count())
          .isEqualTo(2);
      assertThat(registry.get("cache.puts").functionCounter().count()).isEqualTo(2);
      assertThat(registry.get("cache.size").gauge().value()).isEqualTo(2);
      assertThat(ReferenceTable.under("Micrometer's names", "metrics.md").secondByFirst().keySet())
          .isEqualTo(ids.stream().map(Meter.Id::getName).collect(Collectors.toSet()));
    }
    assertThat(registry.getMeters()).isEmpty();
  }

  /** Meters of caches: those of the guard are the client's, which both share. */
  private int ours() {
    return (int)
        registry.getMeters().stream()
            .filter(meter -> meter.getId().getTag("caches") != null)
            .count();
  }

  private double l1Hits(String caches) {
    return registry
        .get("perf.cache.gets")
        .tags("caches", caches, "cache", "users", "level", "l1", "result", "hit")
        .functionCounter()
        .count();
  }
}
