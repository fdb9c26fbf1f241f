package io.perfkit.ratelimit;

import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisProcess;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.UnifiedJedis;

final class SingleAttemptsIT extends AttemptsContract {
  private final RedisProcess server = RedisProcess.start();
  private final FaultProxy proxy = FaultProxy.to(server.address());
  private final RedisClient direct = RedisClient.create(server.address());
  private final RedisClient client =
      RedisClient.builder()
          .hostAndPort(proxy.address())
          .clientConfig(DefaultJedisClientConfig.builder().socketTimeoutMillis(5_000).build())
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
    server.close();
  }
}
