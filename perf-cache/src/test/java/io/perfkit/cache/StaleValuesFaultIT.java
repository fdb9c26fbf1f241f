package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.ThreadLeaks;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;

/** Stale values while Redis fails, and the loader with it. */
final class StaleValuesFaultIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final CacheConfig CONFIG =
      CacheConfig.builder()
          .l1Ttl(Duration.ofMillis(100))
          .l2Ttl(Duration.ofMillis(200))
          .staleIfError(Duration.ofMinutes(1))
          .throttle(Duration.ofMillis(100))
          .build();

  private final RedisProcess server = RedisProcess.start();

  @AfterEach
  void close() {
    server.close();
  }

  private static Caches caches(RedisClient client) {
    return caches(client, GuardConfig.defaults().budget());
  }

  private static Caches caches(RedisClient client, Duration budget) {
    return Caches.builder(client, "test")
        .guard(GuardConfig.defaults().withBudget(budget).withProbeEvery(Duration.ofMillis(100)))
        .build();
  }

  private static RedisClient client(HostAndPort address) {
    return RedisClient.create(address.getHost(), address.getPort());
  }

  /** In both levels; anew if its short life was over before that was seen. */
  private void hold(Cache<String, String> cache) {
    try (RedisClient direct = client(server.address())) {
      Await.until(
          "held",
          DEADLINE,
          () -> {
            cache.put("k", "old");
            long hits = cache.stats().l1Hits();
            return "old".equals(cache.getIfPresent("k"))
                && cache.stats().l1Hits() > hits
                && direct.exists(CacheIT.redisKeyOf("test", cache.name(), "k"));
          });
    }
  }

  private static String failing(String key) {
    throw new IllegalStateException("database is down");
  }

  @Test
  void theCopyServesWhenRedisAndTheLoaderFailTogether() {
    List<Consumer<FaultProxy>> faults =
        List.of(
            FaultProxy::cut, FaultProxy::blackHole, proxy -> proxy.delay(Duration.ofMillis(500)));
    for (int i = 0; i < faults.size(); i++) {
      try (FaultProxy proxy = FaultProxy.to(server.address());
          RedisClient client = client(proxy.address());
          Caches caches = caches(client)) {
        Cache<String, String> cache = caches.cache("names", String.class, Codec.string(), CONFIG);
        Cache<String, String> strict =
            caches.cache(
                "strict",
                String.class,
                Codec.string(),
                CONFIG.toBuilder()
                    .onRedisDown(OnRedisDown.LOAD)
                    .maxStaleness(Duration.ofSeconds(1))
                    .build());
        Await.until("subscribed", DEADLINE, caches::subscribed);
        hold(cache);
        hold(strict);
        faults.get(i).accept(proxy);
        Await.until(
            "Redis is down", DEADLINE, () -> !isServed(cache) && !caches.health().redisAvailable());

        assertThat(cache.get("k", StaleValuesFaultIT::failing)).as("fault %s", i).isEqualTo("old");
        assertThat(cache.stats().staleServed()).as("fault %s", i).isPositive();
        assertThatThrownBy(() -> cache.get("unknown", StaleValuesFaultIT::failing))
            .hasMessage("database is down");
        Await.until("nobody vouches for the copy", DEADLINE, () -> heardLongAgo(caches));
        assertThatThrownBy(() -> strict.get("k", StaleValuesFaultIT::failing))
            .as("fault %s", i)
            .hasMessage("database is down");
        assertThat(cache.get("k", key -> "new")).as("fault %s", i).isNotNull();
      }
    }
  }

  @Test
  void theStaleValueServesOverAConnectionThatWasHalfOpen() {
    try (FaultProxy proxy = FaultProxy.to(server.address());
        RedisClient client = client(proxy.address());
        Caches caches = caches(client, Duration.ofSeconds(5))) { // Redis itself is well
      Cache<String, String> cache = caches.cache("names", String.class, Codec.string(), CONFIG);
      Await.until("subscribed", DEADLINE, caches::subscribed);
      hold(cache);
      Await.until("its life is over", DEADLINE, () -> !isServed(cache));
      proxy.halfClose();
      for (int i = 0; i < 20; i++) {
        assertThat(cache.get("k", StaleValuesFaultIT::failing)).isEqualTo("old");
      }
    }
  }

  private static boolean isServed(Cache<String, String> cache) {
    return cache.getIfPresent("k") != null;
  }

  private static boolean heardLongAgo(Caches caches) {
    return caches.health().heartbeatAge().compareTo(Duration.ofMillis(1_200)) > 0;
  }

  @Test
  void aValueInvalidatedWhileRedisIsFrozenDoesNotServe() { // R10
    try (RedisClient client = client(server.address());
        Caches caches = caches(client)) {
      Cache<String, String> cache = caches.cache("names", String.class, Codec.string(), CONFIG);
      Await.until("subscribed", DEADLINE, caches::subscribed);
      cache.put("k", "old");
      server.freeze();
      cache.invalidate("k");
      assertThatThrownBy(() -> cache.get("k", StaleValuesFaultIT::failing))
          .hasMessage("database is down");
      server.thaw();
      Await.until("sent", DEADLINE, () -> caches.unsentInvalidations() == 0);
      assertThatThrownBy(() -> cache.get("k", StaleValuesFaultIT::failing))
          .hasMessage("database is down");
    }
  }

  @Test
  void closeEndsTheThreadsOfLoads() {
    CountDownLatch never = new CountDownLatch(1);
    ThreadLeaks.assertNone(
        "perf-",
        () -> {
          try (RedisClient client = client(server.address());
              Caches caches = caches(client)) {
            Cache<String, String> cache =
                caches.cache(
                    "names",
                    String.class,
                    Codec.string(),
                    CONFIG.toBuilder().loadTimeout(Duration.ZERO, Duration.ofMillis(1)).build());
            for (int i = 0; i < 2 * LoadThreads.THREADS_MAX; i++) {
              String key = "k" + i;
              assertThatThrownBy(
                      () ->
                          cache.get(
                              key,
                              k -> {
                                SlowLoad.awaitQuietly(never);
                                return "never";
                              }))
                  .isInstanceOf(LoadTimedOut.class);
            }
          }
        });
  }
}
