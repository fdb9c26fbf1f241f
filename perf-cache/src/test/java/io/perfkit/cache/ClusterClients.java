package io.perfkit.cache;

import io.perfkit.testing.RedisCluster;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.AfterEachCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import redis.clients.jedis.RedisClusterClient;

/** A Cluster for the tests of one class, and the clients of each test. */
final class ClusterClients implements AfterEachCallback, AfterAllCallback {
  private final RedisCluster cluster = RedisCluster.start();
  private final List<RedisClusterClient> clients = new ArrayList<>();

  RedisClusterClient open() {
    RedisClusterClient client = RedisClusterClient.builder().nodes(cluster.nodes()).build();
    clients.add(client);
    return client;
  }

  @Override
  public void afterEach(ExtensionContext test) {
    clients.forEach(RedisClusterClient::close);
    clients.clear();
  }

  @Override
  public void afterAll(ExtensionContext tests) {
    cluster.close();
  }
}
