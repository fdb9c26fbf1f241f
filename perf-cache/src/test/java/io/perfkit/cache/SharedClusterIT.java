package io.perfkit.cache;

import io.perfkit.testing.RedisCluster;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.UnifiedJedis;

final class SharedClusterIT extends SharedContract {
  private static final RedisCluster CLUSTER = RedisCluster.start();
  private final List<RedisClusterClient> clients = new ArrayList<>();

  @Override
  UnifiedJedis newClient() {
    RedisClusterClient client = RedisClusterClient.builder().nodes(CLUSTER.nodes()).build();
    clients.add(client);
    return client;
  }

  @AfterEach
  void closeClients() {
    clients.forEach(RedisClusterClient::close);
  }

  @AfterAll
  static void closeCluster() {
    CLUSTER.close();
  }
}
