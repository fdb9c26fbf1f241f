package io.perfkit.cache;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.UUID;

/** The contract on a real Redis. */
@RealRedis
final class CachesIT extends CachesContract {
  private final TestRedis server;

  CachesIT(TestRedis server) {
    this.server = server;
  }

  @Override
  Caches open() {
    return Caches.builder(server.client(), server.prefix() + UUID.randomUUID())
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .build();
  }
}
