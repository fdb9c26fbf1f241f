package io.perfkit.cache;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.io.ByteArrayOutputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.ConnectionFactory;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisProtocol;
import redis.clients.jedis.exceptions.JedisConnectionException;
import redis.clients.jedis.providers.PooledConnectionProvider;

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
    ByteArrayOutputStream heard = new ByteArrayOutputStream();
    try (RedisClient pushed = resp3(heard);
        Caches a = NodesContract.patient(pushed, prefix);
        Caches b = NodesContract.patient(server.client(), prefix)) {
      Cache<String, String> copies = names(a);
      Await.until("subscribed", NodesContract.DEADLINE, a::subscribed);
      NodesContract.holdLocally(copies, "k", copies.get("k", key -> "old"));

      names(b).put("k", "new");

      NodesContract.hearAll(a);
      assertThat(copies.getIfPresent("k")).isEqualTo("new");
      assertThat(heard.toString(ISO_8859_1))
          .contains("*3\r\n$7\r\nmessage")
          .doesNotContain(">3\r\n$7\r\nmessage", ">3\r\n$9\r\nsubscribe");
    }
  }

  private static Cache<String, String> names(Caches caches) {
    return caches.cache("names", String.class, Codec.string(), CacheConfig.defaults());
  }

  private RedisClient resp3(ByteArrayOutputStream heard) {
    JedisClientConfig config =
        DefaultJedisClientConfig.builder().protocol(RedisProtocol.RESP3).build();
    ConnectionFactory connections =
        ConnectionFactory.builder()
            .clientConfig(config)
            .socketFactory(() -> new TappedSocket(server.address(), heard))
            .build();
    return RedisClient.builder()
        .clientConfig(config)
        .connectionProvider(new PooledConnectionProvider(connections))
        .build();
  }

  /** Keeps all that the server says. */
  private static final class TappedSocket extends Socket {
    private final ByteArrayOutputStream heard;

    TappedSocket(HostAndPort server, ByteArrayOutputStream heard) {
      this.heard = heard;
      try {
        connect(new InetSocketAddress(server.getHost(), server.getPort()));
      } catch (IOException e) {
        throw new JedisConnectionException(e);
      }
    }

    @Override
    public InputStream getInputStream() throws IOException {
      return new FilterInputStream(super.getInputStream()) {
        @Override
        public int read(byte[] bytes, int from, int atMost) throws IOException {
          int read = super.read(bytes, from, atMost);
          if (read > 0) {
            heard.write(bytes, from, read);
          }
          return read;
        }
      };
    }
  }
}
