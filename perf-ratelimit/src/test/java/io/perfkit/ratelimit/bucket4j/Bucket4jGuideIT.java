package io.perfkit.ratelimit.bucket4j;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.distributed.proxy.ProxyManager;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** The Java of docs/guide/coming-from.md for bucket4j, run. */
@RealRedis
final class Bucket4jGuideIT {
  private static final Duration HOUR = Duration.ofHours(1);

  private final RedisClient redis;

  Bucket4jGuideIT(TestRedis server) {
    redis = server.client();
  }

  private static BucketConfiguration of(long capacity, Duration period) {
    return BucketConfiguration.builder()
        .addLimit(limit -> limit.capacity(capacity).refillGreedy(capacity, period))
        .build();
  }

  @Test
  void oneLineMovesABucket() {
    String userId = "42";
    GuardConfig patient = GuardConfig.defaults().withBudget(Duration.ofSeconds(5));
    RedisGuard open = RedisGuard.builder(redis).config(patient).build(); // what is built shares it

    ProxyManager<String> proxies = Bucket4jProxyManager.create(redis, "shop");
    Bucket bucket = proxies.builder().build(userId, () -> of(10, HOUR));
    boolean consumed = bucket.tryConsume(1);

    assertThat(consumed).isTrue();
    proxies.removeProxy(userId);
    assertThat(bucket.getAvailableTokens()).isEqualTo(10);
    ((Bucket4jProxyManager) proxies).close();
    open.close();
  }
}
