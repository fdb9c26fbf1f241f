package io.perfkit.ratelimit;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.RedisAcl;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.ReferenceTable;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** All that the module does, as the user of docs/operations/redis-acl.md. */
final class AclRateLimiterIT extends RateLimiterContract {
  private static final AtomicInteger RUNS = new AtomicInteger();
  private static RedisProcess server;
  private static RedisClient client;

  @BeforeAll
  static void start() {
    server = RedisProcess.start();
    client = RedisAcl.client(server, "perf-ratelimit");
  }

  @AfterAll
  static void stop() {
    client.close();
    server.close();
  }

  @AfterEach
  void nothingWasDenied() {
    assertThat(RedisAcl.denied(server)).isEmpty();
  }

  @Override
  RateLimiter.Builder builder() {
    return RateLimiter.builder(client, "shop:" + RUNS.incrementAndGet())
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .serverClock(
            () ->
                Long.toString(ChronoUnit.MICROS.between(Instant.EPOCH, clock.instant()))
                    .getBytes(US_ASCII));
  }

  @Test
  void theRulesAreTheCommandsOfTheScripts() {
    assertThat(RedisAcl.rules("perf-ratelimit"))
        .containsAll(
            Arrays.stream(ReferenceTable.commandsOfScripts("perf-ratelimit").split(", "))
                .map(command -> "+" + command.toLowerCase(Locale.ROOT))
                .toList());
  }
}
