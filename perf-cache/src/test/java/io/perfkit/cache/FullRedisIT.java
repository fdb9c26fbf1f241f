package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * A Redis that is full (maxmemory, noeviction) answers reads, takes deletions, and refuses what
 * needs memory: caches stay within its bound, and their invalidations arrive.
 */
final class FullRedisIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final int VALUE_CHARS = 10_000;

  private final RedisProcess server = RedisProcess.start();
  private final RedisClient clientA =
      RedisClient.create(server.address().getHost(), server.address().getPort());
  private final RedisClient clientB =
      RedisClient.create(server.address().getHost(), server.address().getPort());
  private final Jedis admin = new Jedis(server.address());
  private final Caches cachesA = caches(clientA);
  private final Caches cachesB = caches(clientB);
  private final Cache<Long, String> a = cache(cachesA);
  private final Cache<Long, String> b = cache(cachesB);
  private final Random random = new Random(1);

  private static Caches caches(RedisClient client) {
    return Caches.builder(client, "test")
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .build();
  }

  private static Cache<Long, String> cache(Caches caches) {
    return caches.cache("names", Long.class, Codec.string(), CacheConfig.defaults());
  }

  @BeforeEach
  void fill() {
    Await.until("subscribed", DEADLINE, () -> cachesA.subscribed() && cachesB.subscribed());
    for (long key = -300; key < 0; key++) {
      a.get(key, id -> "warm"); // most of the 64 partitions have their marks
    }
    a.getEntry(1L, id -> Entry.of("one").withTags("blue"));
    a.put(2L, "two");
    admin.configSet("maxmemory-policy", "noeviction");
    admin.configSet("maxmemory", Long.toString(used() + 1_000_000));
    try {
      for (int i = 0; ; i++) {
        admin.set("ballast" + i, noise());
      }
    } catch (JedisDataException full) {
      admin.configSet("maxmemory", Long.toString(used() * 9 / 10));
    }
  }

  @AfterEach
  void close() {
    cachesA.close();
    cachesB.close();
    admin.close();
    clientA.close();
    clientB.close();
    server.close();
  }

  private long used() {
    return Long.parseLong(admin.info("memory").replaceAll("(?s).*?used_memory:(\\d+).*", "$1"));
  }

  private String noise() {
    StringBuilder text = new StringBuilder();
    while (text.length() < VALUE_CHARS) {
      text.append(Long.toHexString(random.nextLong()));
    }
    return text.toString();
  }

  @Test
  void loadsAreServedAndNotStored() {
    long before = used();
    for (long key = 10; key < 1_000; key++) {
      String value = noise();
      assertThat(a.get(key, id -> value)).isEqualTo(value);
    }
    assertThat(used() - before).as("of 10 MB that were loaded").isLessThan(3_000_000);
    assertThat(cachesA.health().redisAvailable()).isTrue();
  }

  @Test
  void whatIsThereIsStillReadAndWhatEndsItArrives() {
    assertThat(b.get(1L, id -> "loaded")).isEqualTo("one");
    assertThat(b.get(2L, id -> "loaded")).isEqualTo("two");

    a.invalidateTag("blue");
    a.invalidate(2L);

    assertThat(cachesA.unsentInvalidations()).isZero();
    Await.until("by tag", DEADLINE, () -> "loaded".equals(b.get(1L, id -> "loaded")));
    Await.until("by key", DEADLINE, () -> "loaded".equals(b.get(2L, id -> "loaded")));
    b.get(-1L, id -> "loaded");
    a.clear();
    Await.until("all", DEADLINE, () -> "cleared".equals(b.get(-1L, id -> "cleared")));
  }

  @Test
  void aPutThatDoesNotFitEndsWhatOthersHold() {
    assertThat(b.get(2L, id -> "loaded")).isEqualTo("two");

    a.put(2L, "new");

    assertThat(a.get(2L, id -> "loaded")).isEqualTo("new");
    Await.until("b's copy ended", DEADLINE, () -> "loaded".equals(b.get(2L, id -> "loaded")));
    Await.until("sent", DEADLINE, () -> cachesA.unsentInvalidations() == 0);
  }
}
