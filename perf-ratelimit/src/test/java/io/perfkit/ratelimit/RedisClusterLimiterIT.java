package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.RedisCluster;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClusterClient;

/** On a Cluster of three masters a plan of any keys is decided by one script. */
final class RedisClusterLimiterIT {
  @Test
  void policiesOfDifferentKeysAreDecidedTogether() {
    try (RedisCluster cluster = RedisCluster.start();
        RedisClusterClient client = RedisClusterClient.builder().nodes(cluster.nodes()).build();
        RateLimiter limiter =
            RateLimiter.builder(client, "shop")
                .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
                .build()) {
      Policy perUser = Policy.slidingWindow("per-user", 3, Duration.ofHours(1));
      Policy total = Policy.tokenBucket("total", 100, Duration.ofHours(1));
      Plan plan =
          Plan.of("plan")
              .with(Policy.tokenBucket("per-ip", 2, Duration.ofHours(1)), "ip")
              .with(perUser, "user")
              .with(Policy.concurrency("held", 50, Duration.ofHours(1)), "user")
              .with(total);
      int admitted = 0;
      for (int i = 0; i < 60; i++) {
        Request request = Request.of("ip", "ip-" + i / 3).with("user", "user-" + i % 10);
        Decision decision = limiter.check(plan, request);
        assertThat(decision.degraded()).isFalse();
        admitted += decision.allowed() ? 1 : 0;
        if (i % 7 == 0) {
          limiter.refund(decision);
          admitted -= decision.allowed() ? 1 : 0;
        }
      }

      assertThat(admitted).isBetween(20, 30);
      assertThat(
              limiter.peek(Plan.of("total").with(total), Request.of()).limits().get(0).remaining())
          .as("charged for what was admitted and not refunded, and for nothing else")
          .isEqualTo(100 - admitted);
      limiter.block(plan, Request.of("ip", "x").with("user", "y"), Duration.ofHours(1));
      assertThat(limiter.check(plan, Request.of("ip", "x").with("user", "z")).allowed()).isFalse();
    }
  }
}
