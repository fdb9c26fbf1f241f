package io.perfkit.redis;

import io.perfkit.testing.RedisCluster;
import org.junit.jupiter.api.AfterAll;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.UnifiedJedis;

final class RedisScriptClusterIT extends RedisScriptContract {
  private static final RedisCluster CLUSTER = RedisCluster.start();
  private static final RedisClusterClient CLIENT =
      RedisClusterClient.builder().nodes(CLUSTER.nodes()).build();

  @Override
  UnifiedJedis redis() {
    return CLIENT;
  }

  @AfterAll
  static void close() {
    CLIENT.close();
    CLUSTER.close();
  }
}
