package io.perfkit.examples.marketplace;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheConfig;
import io.perfkit.cache.Caches;
import io.perfkit.ratelimit.Plan;
import io.perfkit.ratelimit.Policy;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.ratelimit.Request;
import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.ThreadLeaks;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** What many components on a host's only client, with the default pool of 8, leave to the host. */
final class OneRedisClientIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final Plan PLAN =
      Plan.of("calls").with(Policy.tokenBucket("calls", 1_000_000, Duration.ofSeconds(1)), "user");

  private final RedisProcess server = RedisProcess.start();
  private final RedisClient redis = RedisClient.create(server.address());

  private RedisGuard patient() {
    return RedisGuard.builder(redis)
        .config(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .build();
  }

  @AfterEach
  void close() {
    redis.close();
    server.close();
  }

  @Test
  void theHostsOwnCallsFindAConnectionWhateverIsOpen() throws Exception {
    assertThat(redis.getPool().getMaxTotal()).isEqualTo(8);
    try (RedisGuard guard = patient();
        Caches one = used(Caches.create(redis, "one"));
        Caches two = used(Caches.create(redis, "two"));
        Caches three = used(Caches.create(redis, "three"));
        RateLimiter first = used(RateLimiter.create(redis, "first"));
        RateLimiter second = used(RateLimiter.create(redis, "second"))) {
      assertThat(List.of(one, two, three)).allMatch(Caches::subscribed);
      assertThat(guard.available()).isTrue();
      assertThat(List.of(first, second)).allMatch(limiter -> limiter.health().healthy());
      assertThat(redis.getPool().getNumActive()).isLessThanOrEqualTo(2 + 3);
      assertThat(CompletableFuture.supplyAsync(redis::ping).get(10, SECONDS)).isEqualTo("PONG");
    }
  }

  @Test
  void whatWouldLeaveNoneIsRefusedAndNamesWhoKeepsThem() {
    List<Caches> open = new ArrayList<>();
    try {
      for (int i = 1; i <= 5; i++) {
        open.add(Caches.create(redis, "shop-" + i));
      }
      assertThatThrownBy(() -> Caches.create(redis, "shop-6"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(
              "connections: 8 that stay in use (2 lanes, 1 for caches 'shop-1',",
              "1 for caches 'shop-6') of the client's pool of 8",
              "ConnectionPoolConfig.setMaxTotal with more than 8");
      assertThat(redis.ping()).isEqualTo("PONG");
    } finally {
      open.forEach(Caches::close);
    }
  }

  @Test
  void theHostsGuardServesComponentsAndStaysOpen() {
    try (RedisGuard guard = patient()) {
      try (Caches caches = used(Caches.builder(redis, "shop").guard(guard).build());
          RateLimiter limiter = used(RateLimiter.builder(redis, "shop").guard(guard).build())) {
        assertThat(caches.health().redisAvailable()).isTrue();
        assertThat(limiter.health().redisAvailable()).isTrue();
      }
      assertThat(guard.<String>call(client -> client.ping())).isEqualTo("PONG");
    }
  }

  @Test
  void aThousandComponentsInAnyOrderLeaveNoThreadAndNoConnection() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    ThreadLeaks.assertNone(
        "perf-",
        () -> {
          List<AutoCloseable> open = new ArrayList<>();
          int caches = 0;
          for (int opened = 0; opened < 1_000 || !open.isEmpty(); ) {
            boolean full = open.size() == 12 || opened == 1_000;
            if (!open.isEmpty() && (full || random.nextInt(3) == 0)) {
              AutoCloseable closing = open.remove(random.nextInt(open.size()));
              caches -= closing instanceof Caches ? 1 : 0;
              close(closing, seed);
              continue;
            }
            opened++;
            if (caches < 5 && random.nextInt(3) == 0) {
              open.add(random.nextBoolean() ? cached(opened) : used(cached(opened)));
              caches++;
            } else if (random.nextBoolean()) {
              open.add(RateLimiter.create(redis, "l" + opened));
            } else {
              open.add(used(RateLimiter.create(redis, "l" + opened)));
            }
          }
        });
    Await.until(
        "no connection is left, seed " + seed, DEADLINE, () -> redis.getPool().getNumActive() == 0);
    assertThat(redis.ping()).isEqualTo("PONG");
  }

  private Caches cached(int number) {
    return Caches.create(redis, "c" + number);
  }

  private static void close(AutoCloseable closing, long seed) {
    try {
      closing.close();
    } catch (Exception e) {
      throw new AssertionError("seed " + seed, e);
    }
  }

  private static Caches used(Caches caches) {
    Cache<String, String> cache =
        caches.cache("names", String.class, Codec.string(), CacheConfig.defaults());
    assertThat(cache.get("k", key -> "v")).isEqualTo("v");
    Await.until("subscribed", DEADLINE, caches::subscribed);
    return caches;
  }

  private static RateLimiter used(RateLimiter limiter) {
    assertThat(limiter.check(PLAN, Request.of("user", "u")).allowed()).isTrue();
    return limiter;
  }
}
