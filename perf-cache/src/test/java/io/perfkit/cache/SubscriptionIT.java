package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.Connection;
import redis.clients.jedis.ConnectionFactory;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.DefaultJedisSocketFactory;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.PushConsumerChain;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.providers.PooledConnectionProvider;
import redis.clients.jedis.util.RedisInputStream;

@RealRedis
final class SubscriptionIT {
  private final TestRedis server;

  SubscriptionIT(TestRedis server) {
    this.server = server;
  }

  /** Whatever the host's client speaks. docs/decisions/0016 tells what pushes are on JDK 25. */
  @Test
  void hearsWithoutPushes() {
    String prefix = server.prefix() + UUID.randomUUID();
    AtomicInteger pushes = new AtomicInteger();
    try (RedisClient pushed = resp3(pushes);
        Caches a = NodesContract.patient(pushed, prefix);
        Caches b = NodesContract.patient(server.client(), prefix)) {
      Cache<String, String> copies = names(a);
      Await.until("subscribed", NodesContract.DEADLINE, a::subscribed);
      NodesContract.holdLocally(copies, "k", copies.get("k", key -> "old"));

      names(b).put("k", "new");

      NodesContract.hearAll(a);
      assertThat(copies.getIfPresent("k")).isEqualTo("new");
      assertThat(pushes).hasValue(0);
    }
  }

  private static Cache<String, String> names(Caches caches) {
    return caches.cache("names", String.class, Codec.string(), CacheConfig.defaults());
  }

  private RedisClient resp3(AtomicInteger pushes) {
    JedisClientConfig config =
        DefaultJedisClientConfig.builder().protocol(RedisProtocol.RESP3).build();
    ConnectionFactory connections =
        ConnectionFactory.builder()
            .hostAndPort(server.address())
            .clientConfig(config)
            .connectionBuilder(
                new CountingPushes(pushes)
                    .clientConfig(config)
                    .socketFactory(new DefaultJedisSocketFactory(server.address(), config)))
            .build();
    return RedisClient.builder()
        .clientConfig(config)
        .connectionProvider(new PooledConnectionProvider(connections))
        .build();
  }

  private static final class CountingPushes extends Connection.Builder {
    private final AtomicInteger pushes;

    CountingPushes(AtomicInteger pushes) {
      this.pushes = pushes;
    }

    @Override
    protected Connection createConnection() {
      return new Connection(this) {
        @Override
        protected Object protocolRead(RedisInputStream in, PushConsumerChain chain) {
          if (in.peek((byte) '>')) {
            pushes.incrementAndGet();
          }
          return super.protocolRead(in, chain);
        }
      };
    }
  }
}
