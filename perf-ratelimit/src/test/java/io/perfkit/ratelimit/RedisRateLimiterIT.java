package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicInteger;

@RealRedis
final class RedisRateLimiterIT extends RateLimiterContract {
  private static final AtomicInteger RUNS = new AtomicInteger();

  private final TestRedis server;
  private final String prefix;

  RedisRateLimiterIT(TestRedis server) {
    this.server = server;
    this.prefix = server.prefix() + RUNS.incrementAndGet();
  }

  @Override
  RateLimiter.Builder builder() {
    return RateLimiter.builder(server.client(), prefix)
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .serverClock(
            () ->
                Long.toString(ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant()))
                    .getBytes(US_ASCII));
  }
}
