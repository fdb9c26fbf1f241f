package io.perfkit.redis;

import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import redis.clients.jedis.UnifiedJedis;

@RealRedis
final class RedisScriptIT extends RedisScriptContract {
  private final TestRedis server;

  RedisScriptIT(TestRedis server) {
    this.server = server;
  }

  @Override
  UnifiedJedis redis() {
    return server.client();
  }
}
