package io.perfkit.benchmarks;

import io.perfkit.testing.RedisProcess;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.RedisClient;

/** What the benchmarks on Redis have in common. */
final class BenchRedis {
  /** As many as the greatest crowd: fewer make its threads wait for each other. */
  private static final int POOL = 256;

  private BenchRedis() {}

  static RedisClient client(RedisProcess redis) {
    ConnectionPoolConfig pool = new ConnectionPoolConfig();
    pool.setMaxTotal(POOL);
    pool.setMaxIdle(POOL);
    return RedisClient.builder().hostAndPort(redis.address()).poolConfig(pool).build();
  }

  /** Waits for the end; an error if it does not come. */
  static long await(CountDownLatch ended) {
    try {
      if (!ended.await(1, TimeUnit.MINUTES)) {
        throw new IllegalStateException(ended.getCount() + " have not ended (expected: 0)");
      }
      return ended.getCount();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", interrupted);
    }
  }

  /** True, or an error: what is measured is admissions. */
  static boolean admitted(boolean allowed) {
    if (!allowed) {
      throw new IllegalStateException("refused (expected: only admissions)");
    }
    return true;
  }
}
