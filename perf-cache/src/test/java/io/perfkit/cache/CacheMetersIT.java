package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
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
