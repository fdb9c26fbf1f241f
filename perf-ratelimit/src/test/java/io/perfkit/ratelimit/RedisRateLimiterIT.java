package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

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

  @Test
  void whatIsRefusedFromMemoryIsJustWhatRedisWouldRefuse() {
    RateLimiter remembering = limiter();
    RateLimiter witness =
        limiter(builder().config(RateLimiterConfig.builder().denialTtl(Duration.ZERO).build()));
    Plan plan =
        Plan.of("p")
            .with(Policy.tokenBucket("bucket", 50, SECOND, 4), "ip")
            .with(Policy.slidingWindow("window", 8, Duration.ofMillis(300)), "ip")
            .with(Policy.fixedWindow("fixed", 20, SECOND), "ip");
    Random random = new Random(7);
    int refused = 0;
    for (int i = 0; i < 5_000; i++) {
      clock.advance(Duration.of(random.nextInt(20_000), ChronoUnit.MICROS));
      Request request = ip("ip-" + random.nextInt(3));
      Decision truth = witness.peek(plan, request);
      Decision decision = remembering.check(plan, request);
      assertThat(decision.allowed()).as("step %s", i).isEqualTo(truth.allowed());
      refused += decision.allowed() ? 0 : 1;
      if (decision.allowed() && random.nextInt(5) == 0) {
        remembering.refund(decision);
      }
    }
    assertThat(refused).isGreaterThan(500);
  }
}
