package io.perfkit.ratelimit;

import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisCluster;
import io.perfkit.testing.RedisProcess;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;
import redis.clients.jedis.UnifiedJedis;

/** On a Cluster, whose client would send a command up to five times. */
final class ClusterAttemptsIT extends AttemptsContract {
  private final RedisCluster cluster = RedisCluster.start();
  private final Map<HostAndPort, FaultProxy> proxies = new HashMap<>();
  private final List<RedisClient> masters =
      cluster.masters().stream().map(RedisProcess::address).map(RedisClient::create).toList();
  private final RedisClusterClient client = proxied();

  private RedisClusterClient proxied() {
    for (RedisProcess master : cluster.masters()) {
      proxies.put(master.address(), FaultProxy.to(master.address()));
    }
    return RedisClusterClient.builder()
        .nodes(cluster.nodes())
        .maxAttempts(5)
        .clientConfig(
            DefaultJedisClientConfig.builder()
                .hostAndPortMapper(node -> proxies.get(node).address())
                .socketTimeoutMillis(5_000)
                .build())
        .build();
  }

  @Override
  UnifiedJedis client() {
    return client;
  }

  @Override
  List<FaultProxy> proxies() {
    return List.copyOf(proxies.values());
  }

  @Override
  List<RedisClient> servers() {
    return masters;
  }

  @AfterEach
  void close() {
    client.close();
    masters.forEach(RedisClient::close);
    proxies.values().forEach(FaultProxy::close);
    cluster.close();
  }
}
