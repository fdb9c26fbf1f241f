package io.perfkit.cache.weave;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.cache.Caches;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.KeySpace;
import java.time.Duration;
import redis.clients.jedis.UnifiedJedis;

/** What tests of annotations know of nodes and of keys in Redis. */
final class Nodes {
  private Nodes() {}

  /** What is tested here is not what happens when a busy machine is slow. */
  static Caches patient(UnifiedJedis client, String prefix) {
    return Caches.builder(client, prefix)
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .build();
  }

  static String redisKeyOf(String prefix, String cache, String key) {
    KeySpace keys = KeySpace.of(prefix, cache).withVersion(2).withPartitions(64);
    return new String(keys.key("entry", key), UTF_8);
  }
}
