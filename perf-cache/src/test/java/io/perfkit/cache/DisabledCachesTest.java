package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Caches that are switched off. */
final class DisabledCachesTest {
  private final AtomicInteger loads = new AtomicInteger();

  @Test
  void loadsEachTimeAndKeepsNothing() {
    Set<Thread> before = Thread.getAllStackTraces().keySet();
    try (Caches caches = Caches.disabled()) {
      Cache<String, Integer> cache =
          caches.cache("c", String.class, Codec.json(Integer.class), CacheConfig.defaults());
      assertThat(cache.get("a", key -> loads.incrementAndGet())).isEqualTo(1);
      assertThat(cache.get("a", key -> loads.incrementAndGet())).isEqualTo(2);
      assertThat(cache.get("a", key -> loads.incrementAndGet(), ReadPolicy.VERIFY)).isEqualTo(3);
      cache.put("a", 7);
      assertThat(cache.getIfPresent("a")).isNull();
      assertThat(cache.getAll(List.of("a", "b"), keys -> Map.of("a", 4, "b", 5))).hasSize(2);
      assertThat(
              cache
                  .getAsync("a", key -> CompletableFuture.completedFuture(6))
                  .toCompletableFuture())
          .isCompletedWithValue(6);
      cache.invalidateTag("t");
      cache.clear();
      assertThat(caches.health().healthy()).isTrue();
      assertThat(Thread.getAllStackTraces().keySet())
          .filteredOn(thread -> !before.contains(thread))
          .noneMatch(thread -> thread.getName().startsWith("perf-cache"));
    }
  }

  @Test
  void aLoaderMayAskForItsOwnKey() {
    try (Caches caches = Caches.disabled()) {
      Cache<String, Integer> cache =
          caches.cache("c", String.class, Codec.json(Integer.class), CacheConfig.defaults());
      assertThat(cache.get("a", key -> cache.get("a", k -> 1) + 1)).isEqualTo(2);
    }
  }
}
