package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.redis.Codec;
import io.perfkit.redis.CodecFailed;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.ValueFormat;
import io.perfkit.testing.Await;
import io.perfkit.testing.FakeClock;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** How many copies a node holds, for how long, and who shares them. */
@RealRedis
final class LocalCopiesIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final CacheConfig CONFIG =
      CacheConfig.builder()
          .l1Ttl(Duration.ofMinutes(5))
          .maxStaleness(Duration.ofDays(1)) // the fake clock runs ahead of what is heard
          .build();

  enum Color {
    RED
  }

  record Page(List<String> titles) {}

  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Caches caches;

  LocalCopiesIT(TestRedis server) {
    caches =
        Caches.builder(server.client(), server.prefix() + UUID.randomUUID())
            .nanos(clock.nanos())
            .meterRegistry(registry)
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .build();
  }

  @BeforeEach
  void hearOthers() {
    Await.until("subscribed", DEADLINE, caches::subscribed);
  }

  @AfterEach
  void close() {
    caches.close();
  }

  @Test
  void weighsCopies() {
    Cache<String, String> cache =
        caches.cache(
            "weighed",
            Function.identity(),
            Codec.string(),
            CONFIG.toBuilder().maxWeight(1_000).absentTtl(Duration.ofMinutes(1)).build(),
            (key, value) -> value.length());
    for (int i = 0; i < 100; i++) {
      cache.put("k" + i, "v".repeat(100));
    }
    assertThat(cache.get("none", key -> null)).isNull();
    Await.until(
        "most are dropped",
        DEADLINE,
        () -> {
          cache.getIfPresent("k0");
          return cache.stats().evictionsBySize() >= 85;
        });
    assertThat(registry.get("perf.cache.evictions").tag("cause", "size").functionCounter().count())
        .isGreaterThanOrEqualTo(85);
  }

  @Test
  void aWeigherAndAWeightGoTogether() {
    assertThatThrownBy(
            () -> caches.cache("w", Function.identity(), Codec.string(), CONFIG, (key, value) -> 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxWeight: 0 (expected: above zero, for there is a weigher)");
    assertThatThrownBy(
            () ->
                caches.cache(
                    "w", String.class, Codec.string(), CONFIG.toBuilder().maxWeight(1).build()))
        .hasMessage("maxWeight: 1 (expected: zero without a weigher, which cache(..) takes)");
    Cache<String, String> negative =
        caches.cache(
            "negative",
            Function.identity(),
            Codec.string(),
            CONFIG.toBuilder().maxWeight(10).build(),
            (key, value) -> -1);
    assertThatThrownBy(() -> negative.get("k", key -> "v"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("weight: -1 (expected: >= 0)");
  }

  @Test
  void dropsCopiesThatNobodyReads() {
    Cache<String, String> cache =
        caches.cache(
            "idle",
            String.class,
            Codec.string(),
            CONFIG.toBuilder().localIdle(Duration.ofSeconds(10)).build());
    cache.put("read", "v");
    cache.put("idle", "v");
    for (int i = 0; i < 4; i++) {
      clock.advance(Duration.ofSeconds(6));
      long hits = cache.stats().l1Hits();
      assertThat(cache.getIfPresent("read")).isEqualTo("v");
      assertThat(cache.stats().l1Hits()).isEqualTo(hits + 1);
    }
    assertThat(cache.getIfPresent("idle")).as("asks Redis").isEqualTo("v");
    assertThat(cache.stats().l2Hits()).isEqualTo(1);
  }

  private Cache<String, List<String>> copying() {
    Codec<List<String>> codec = Codec.json(Page.class.getRecordComponents()[0].getGenericType());
    return caches.cache(
        "copied", String.class, codec, CONFIG.toBuilder().copies(Copies.COPY).build());
  }

  @Test
  void eachCallerGetsACopyOfHisOwn() {
    Cache<String, List<String>> cache = copying();
    List<String> mine = new ArrayList<>(List.of("a"));
    cache.put("put", mine);
    mine.add("changed");
    assertThat(cache.getIfPresent("put")).containsExactly("a");

    List<String> kept = new ArrayList<>(List.of("a"));
    List<String> loaded = cache.get("got", key -> kept);
    kept.add("changed by the loader");
    assertThat(loaded).isNotSameAs(kept).containsExactly("a");
    for (int i = 0; i < 3; i++) {
      for (List<String> each :
          List.of(
              cache.get("got", key -> List.of()),
              cache.getIfPresent("got"),
              cache.get("got", key -> List.of(), ReadPolicy.VERIFY),
              cache.getAll(List.of("got"), keys -> Map.of()).get("got"),
              cache.value(cache.local("got")))) {
        assertThat(each).containsExactly("a");
        each.add("changed by a caller");
      }
    }
    CompletableFuture<List<String>> later =
        cache.findLater("later", key -> CompletableFuture.completedFuture(Entry.of(kept)));
    assertThat(later.join()).isNotSameAs(kept).isEqualTo(kept);
  }

  @Test
  void sharesWhatNobodyCanChange() {
    Copier<Object> copier = new Copier<>(ValueFormat.of(new Refusing()));
    for (Object value :
        List.of(
            "text",
            1,
            2L,
            'c',
            true,
            Color.RED,
            new Page(List.of()),
            Instant.EPOCH,
            UUID.randomUUID())) {
      assertThat(copier.copy(value)).isSameAs(value);
    }
    assertThat(copier.copy(null)).isNull();
    assertThatThrownBy(() -> copier.copy(new ArrayList<>())).isInstanceOf(CodecFailed.class);
  }

  private static final class Refusing implements Codec<Object> {
    @Override
    public byte id() {
      return 64;
    }

    @Override
    public int schema() {
      return 0;
    }

    @Override
    public byte[] encode(Object value) {
      throw new IllegalArgumentException("refused");
    }

    @Override
    public Object decode(byte[] payload) {
      throw new IllegalArgumentException("refused");
    }
  }

  @Test
  void countsWhatLoadsAndWaitsTook() {
    Cache<String, String> cache = caches.cache("timed", String.class, Codec.string(), CONFIG);
    assertThat(
            cache.get(
                "k",
                key -> {
                  clock.advance(Duration.ofMillis(70));
                  return "v";
                }))
        .isEqualTo("v");
    assertThat(cache.stats().loadNanos()).isEqualTo(Duration.ofMillis(70).toNanos());
    assertThat(registry.get("perf.cache.load.time").tag("cache", "timed").functionTimer().count())
        .isEqualTo(1);
    assertThat(cache.stats().leaseWaits()).isZero();
    assertThat(registry.get("perf.redis.commands").functionCounter().count()).isPositive();
    assertThat(registry.get("perf.redis.batch.max").gauge().value()).isPositive();
    assertThat(registry.get("perf.cache.coherence.lag").timeGauge().value()).isNotNegative();
  }
}
