package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.exceptions.JedisConnectionException;

final class RedisReplicatedIT {
  private final RedisReplicated redis = RedisReplicated.start();

  @AfterEach
  void close() {
    redis.close();
  }

  @Test
  void copiesWritesToTheReplica() {
    try (RedisClient client = RedisClient.create(redis.primary().address());
        Jedis replica = redis.replica().connect()) {
      client.set("key", "value");

      assertThat(replica.role()).first().isEqualTo("slave");
      Await.until(
          "the write arrived", Duration.ofSeconds(30), () -> "value".equals(replica.get("key")));
    }
  }

  @Test
  void failsOverToTheReplicaWhenThePrimaryIsKilled() {
    HostAndPort sentinel = redis.startSentinel();
    try (RedisSentinelClient client =
        RedisSentinelClient.builder()
            .masterName(redis.masterName())
            .sentinels(Set.of(sentinel))
            .build()) {
      client.set("key", "value");
      assertThat(client.getCurrentMaster()).isEqualTo(redis.primary().address());

      redis.primary().kill();

      Await.until(
          "the client follows to the replica",
          Duration.ofSeconds(90),
          () -> redis.replica().address().equals(client.getCurrentMaster()));
      Await.until( // the client tells of the new primary a moment before its pool is there
          "a write on the new primary", Duration.ofSeconds(30), () -> isWritten(client));
    }
  }

  private static boolean isWritten(RedisSentinelClient client) {
    try {
      return "OK".equals(client.set("key", "after the failover"));
    } catch (JedisConnectionException e) {
      return false;
    }
  }
}
