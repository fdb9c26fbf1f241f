package io.perfkit.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.distributed.ExpirationAfterWriteStrategy;
import io.github.bucket4j.distributed.proxy.optimization.Optimizations;
import io.github.bucket4j.redis.jedis.Bucket4jJedis;
import io.github.bucket4j.redis.jedis.cas.JedisBasedProxyManager;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import redis.clients.jedis.RedisClient;

/**
 * Bucket4j over Jedis as its documentation shows it: buckets that expire when they are full again,
 * made once for each key, as they are and with its batching of concurrent calls.
 */
@State(Scope.Benchmark)
public class LimitInBucket4j {
  private final RedisProcess redis = RedisProcess.start();
  private final RedisClient client = BenchRedis.client(redis);
  private final JedisBasedProxyManager<byte[]> manager =
      Bucket4jJedis.casBasedBuilder(client)
          .expirationAfterWrite(
              ExpirationAfterWriteStrategy.basedOnTimeForRefillingBucketUpToMax(
                  Duration.ofSeconds(10)))
          .build();

  private final Bucket[] plain = new Bucket[LimitInRedis.KEYS];
  private final Bucket[] batching = new Bucket[LimitInRedis.KEYS];
  private final Bucket[][] three = new Bucket[3][LimitInRedis.KEYS];

  public LimitInBucket4j() {
    BucketConfiguration limit =
        BucketConfiguration.builder()
            .addLimit(
                bandwidth ->
                    bandwidth
                        .capacity(LimitInRedis.PERMITS)
                        .refillGreedy(LimitInRedis.PERMITS, LimitInRedis.PERIOD))
            .build();
    for (int i = 0; i < LimitInRedis.KEYS; i++) {
      plain[i] = manager.builder().build(key("plain", i), () -> limit);
      batching[i] =
          manager
              .builder()
              .withOptimization(Optimizations.batching())
              .build(key("batching", i), () -> limit);
      for (int policy = 0; policy < three.length; policy++) {
        three[policy][i] = manager.builder().build(key("three" + policy, i), () -> limit);
      }
    }
  }

  private static byte[] key(String kind, int number) {
    return (kind + ":" + number).getBytes(UTF_8);
  }

  boolean plain(int key) {
    return BenchRedis.admitted(plain[key].tryConsume(1));
  }

  boolean batching(int key) {
    return BenchRedis.admitted(batching[key].tryConsume(1));
  }

  /** One after the other, as several limits of different keys are checked with it. */
  boolean three(int key) {
    return BenchRedis.admitted(
        three[0][key].tryConsume(1) && three[1][key].tryConsume(1) && three[2][key].tryConsume(1));
  }

  @TearDown
  public void close() {
    client.close();
    redis.close();
  }
}
