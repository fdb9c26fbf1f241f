package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** The Java of README.md and docs/guide/ratelimit.md, run. */
@RealRedis
final class GuideIT {
  private final RedisClient redis;
  private final String address = "192.0.2.1";
  private final String userId = "42";

  GuideIT(TestRedis server) {
    redis = server.client();
  }

  @Test
  void fiveLines() {
    RateLimiter limiter = RateLimiter.redis(redis, "shop");
    Plan api =
        Plan.of("api")
            .with(Policy.tokenBucket("per-ip", 10, Duration.ofSeconds(1)), "ip")
            .with(Policy.slidingWindow("per-user", 1_000, Duration.ofMinutes(1)), "user");
    Decision decision = limiter.check(api, Request.of("ip", address).with("user", userId));

    assertThat(decision.allowed()).isTrue();
    assertThat(decision.limits()).extracting(LimitStatus::remaining).containsExactly(9L, 999L);
    limiter.close();
  }
}
