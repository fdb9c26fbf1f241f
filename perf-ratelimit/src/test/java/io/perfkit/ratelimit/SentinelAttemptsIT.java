package io.perfkit.ratelimit;

import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisReplicated;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.UnifiedJedis;

/** On the primary that a sentinel names. */
final class SentinelAttemptsIT extends AttemptsContract {
  private final RedisReplicated servers = RedisReplicated.start();
  private final HostAndPort sentinel = servers.startSentinel();
  private final HostAndPort primary = servers.primary().address();
  private final FaultProxy proxy = FaultProxy.to(primary);
  private final RedisClient direct = RedisClient.create(primary);
  private final RedisSentinelClient client =
      RedisSentinelClient.builder()
          .sentinels(Set.of(sentinel))
          .masterName(servers.masterName())
          .clientConfig(
              DefaultJedisClientConfig.builder()
                  .hostAndPortMapper(node -> node.equals(primary) ? proxy.address() : node)
                  .socketTimeoutMillis(5_000)
                  .build())
          .build();

  @Override
  UnifiedJedis client() {
    return client;
  }

  @Override
  List<FaultProxy> proxies() {
    return List.of(proxy);
  }

  @Override
  List<RedisClient> servers() {
    return List.of(direct);
  }

  @AfterEach
  void close() {
    client.close();
    direct.close();
    proxy.close();
    servers.close();
  }
}
