package io.perfkit.redis;

import io.perfkit.testing.RedisReplicated;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import redis.clients.jedis.RedisSentinelClient;
import redis.clients.jedis.UnifiedJedis;

final class RedisScriptSentinelIT extends RedisScriptContract {
  private static final RedisReplicated SERVERS = RedisReplicated.start();
  private static final RedisSentinelClient CLIENT =
      RedisSentinelClient.builder()
          .sentinels(Set.of(SERVERS.startSentinel()))
          .masterName(SERVERS.masterName())
          .build();

  @Override
  UnifiedJedis redis() {
    return CLIENT;
  }

  @AfterAll
  static void close() {
    CLIENT.close();
    SERVERS.close();
  }
}
