package io.perfkit.benchmarks;

import io.perfkit.testing.RedisProcess;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.redisson.Redisson;
import org.redisson.api.RRateLimiter;
import org.redisson.api.RateType;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/**
 * Redisson's limiter with its default settings, over all nodes together; made once for each key.
 */
@State(Scope.Benchmark)
public class LimitInRedisson {
  private final RedisProcess redis = RedisProcess.start();
  private final RedissonClient client;
  private final RRateLimiter[] limiters = new RRateLimiter[LimitInRedis.KEYS];

  public LimitInRedisson() {
    Config config = new Config();
    config.useSingleServer().setAddress("redis://" + redis.address());
    client = Redisson.create(config);
    for (int i = 0; i < LimitInRedis.KEYS; i++) {
      limiters[i] = client.getRateLimiter("limiter:" + i);
      limiters[i].trySetRate(RateType.OVERALL, LimitInRedis.PERMITS, LimitInRedis.PERIOD);
    }
  }

  boolean tryAcquire(int key) {
    return BenchRedis.admitted(limiters[key].tryAcquire());
  }

  @TearDown
  public void close() {
    client.shutdown();
    redis.close();
  }
}
