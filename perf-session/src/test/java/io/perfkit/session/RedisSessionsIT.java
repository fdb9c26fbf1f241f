package io.perfkit.session;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestRedis;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

@RealRedis
final class RedisSessionsIT extends SessionContract {
  private static final AtomicInteger RUNS = new AtomicInteger();

  private final TestRedis server;
  private final String prefix;

  RedisSessionsIT(TestRedis server) {
    this.server = server;
    this.prefix = server.prefix() + RUNS.incrementAndGet();
  }

  @Override
  SessionManager.Builder builder() {
    return SessionManager.builder(server.client(), prefix, Secrets.ONE)
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .serverClock(() -> Long.toString(clock.millis()).getBytes(US_ASCII));
  }
}
