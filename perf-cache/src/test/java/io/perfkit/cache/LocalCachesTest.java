package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The contract in one process, and what is so there alone. */
final class LocalCachesTest extends CachesContract {
  @Override
  Caches open() {
    return Caches.local();
  }

  @Test
  void servesFromTheSecondLevelWhenTheCopyIsGoneAndForgetsTheLeastUsed() {
    FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
    try (Caches caches = Caches.localBuilder().nanos(clock.nanos()).build()) {
      Cache<Integer, Integer> squares =
          caches.cache(
              "squares",
              Integer.class,
              Codec.json(Integer.class),
              CacheConfig.builder().maxEntries(100).jitter(0).build());
      for (int i = 0; i < 150; i++) {
        squares.put(i, i * i);
      }
      clock.advance(Duration.ofMinutes(5)); // past l1Ttl, within l2Ttl
      assertThat(squares.getIfPresent(149)).isEqualTo(149 * 149);
      assertThat(squares.stats().l2Hits()).isEqualTo(1);
      assertThat(squares.getIfPresent(10)).as("beyond maxEntries").isNull();
      clock.advance(Duration.ofMinutes(6));
      assertThat(squares.getIfPresent(149)).isNull();
    }
  }

  @Test
  void givesEachCallerACopyOfItsOwnIfAsked() {
    try (Caches caches = Caches.local()) {
      Cache<String, List<String>> lists =
          caches.cache(
              "lists",
              String.class,
              Codec.json(
                  new java.lang.reflect.ParameterizedType() {
                    @Override
                    public java.lang.reflect.Type[] getActualTypeArguments() {
                      return new java.lang.reflect.Type[] {String.class};
                    }

                    @Override
                    public java.lang.reflect.Type getRawType() {
                      return List.class;
                    }

                    @Override
                    public java.lang.reflect.Type getOwnerType() {
                      return null;
                    }
                  }),
              CacheConfig.builder().copies(Copies.COPY).build());
      List<String> loaded = new ArrayList<>(List.of("v"));
      lists.get("a", key -> loaded).add("changed by a caller");
      loaded.add("changed by the loader");
      assertThat(lists.get("a", key -> List.of())).containsExactly("v");
    }
  }

  @Test
  void needsNoRedisAndSaysWhatDoes() {
    try (Caches caches = Caches.local()) {
      assertThat(caches.health().healthy()).isTrue();
      assertThat(caches).hasToString("Caches[local]");
      assertThatThrownBy(caches::shared)
          .isInstanceOf(UnsupportedOperationException.class)
          .hasMessageStartingWith("Caches[local] has no shared structures");
      assertThatThrownBy(() -> Caches.localBuilder().guard(GuardConfig.defaults()))
          .isInstanceOf(IllegalStateException.class);
    }
  }
}
