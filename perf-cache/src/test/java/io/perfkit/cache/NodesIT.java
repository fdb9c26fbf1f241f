package io.perfkit.cache;

import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import redis.clients.jedis.UnifiedJedis;

@RealRedis
final class NodesIT extends NodesContract {
  private final TestRedis server;

  NodesIT(TestRedis server) {
    this.server = server;
  }

  @Override
  UnifiedJedis newClient() {
    return server.newClient();
  }
}
