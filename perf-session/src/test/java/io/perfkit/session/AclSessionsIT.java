package io.perfkit.session;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.RedisAcl;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.ReferenceTable;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** All that the module does, as the user of docs/operations/redis-acl.md. */
final class AclSessionsIT extends SessionContract {
  private static final AtomicInteger RUNS = new AtomicInteger();
  private static RedisProcess server;
  private static RedisClient client;

  @BeforeAll
  static void start() {
    server = RedisProcess.start();
    client = RedisAcl.client(server, "perf-session");
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
  SessionManager.Builder builder() {
    return SessionManager.builder(client, "shop:" + RUNS.incrementAndGet(), Secrets.ONE)
        .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
        .serverClock(() -> Long.toString(clock.millis()).getBytes(US_ASCII));
  }

  @Test
  void theRulesAreTheCommandsOfTheScripts() {
    assertThat(RedisAcl.rules("perf-session"))
        .containsAll(
            Arrays.stream(ReferenceTable.commandsOfScripts("perf-session").split(", "))
                .map(command -> "+" + command.toLowerCase(Locale.ROOT))
                .toList());
  }
}
