package io.perfkit.redis;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** What the host's log says when Redis goes and comes back, with and without calls. */
final class OutageLogIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final GuardConfig QUICK =
      GuardConfig.defaults().withProbeEvery(Duration.ofMillis(50));

  /** For what is not about silence: on a busy machine a call may take longer than a budget. */
  private static final GuardConfig PATIENT = QUICK.withBudget(Duration.ofSeconds(10));

  private final RedisProcess server = RedisProcess.start();
  private final RedisClient client = RedisClient.create(server.address());
  private final ByteArrayOutputStream log = new ByteArrayOutputStream();
  private final PrintStream before = System.err;

  @BeforeEach
  void listen() {
    System.setErr(new PrintStream(log, true, UTF_8)); // where slf4j-simple writes
  }

  @AfterEach
  void close() {
    System.setErr(before);
    client.close();
    server.close();
  }

  private List<String> lines(String text) {
    return log.toString(UTF_8).lines().filter(line -> line.contains(text)).toList();
  }

  private RedisGuard open(GuardConfig config) {
    return RedisGuard.builder(client).config(config).heldBy("caches 'shop'", 1).build();
  }

  @Test
  void anIdleComponentNoticesThatRedisWentAndThatItIsBack() {
    try (RedisGuard guard = open(PATIENT)) {
      for (int outage = 1; outage <= 3; outage++) {
        server.kill();
        Await.until("noticed", DEADLINE, () -> !guard.available());
        server.restart();
        Await.until("back", DEADLINE, guard::available);
        int expected = outage;
        Await.until("logged", DEADLINE, () -> lines("Redis answers again").size() == expected);
        assertThat(lines("Redis is down")).hasSize(expected);
      }
    }
    assertThat(lines("Redis is down"))
        .allSatisfy(
            line ->
                assertThat(line)
                    .contains(
                        "WARN",
                        "Redis is down: Connection refused (" + server.address() + ")",
                        "caches 'shop'"));
    assertThat(lines("Redis answers again")).allMatch(line -> line.contains("caches 'shop'"));
    assertThat(lines("Could not return")).isEmpty();
  }

  @Test
  void theFirstCallThatFindsNothingListeningIsEnough() {
    server.kill();
    try (RedisGuard guard = open(PATIENT)) {
      assertThatThrownBy(() -> guard.call(Commands.get("k")))
          .isInstanceOf(RedisUnavailable.class)
          .hasMessageContaining(
              "Redis can't be used: Connection refused (" + server.address() + ")");
      Await.until("noticed", DEADLINE, () -> !guard.available());
      Await.until("logged", DEADLINE, () -> lines("Redis is down").size() == 1);
    }
    assertThat(lines("Redis is down: Connection refused")).hasSize(1);
  }

  @Test
  void aFrozenRedisIsNoticedByAnIdleComponentAsATimeout() {
    try (RedisGuard guard = open(QUICK)) {
      server.freeze();
      Await.until("noticed", DEADLINE, () -> !guard.available());
      server.thaw();
      Await.until("back", DEADLINE, guard::available);
      Await.until("logged", DEADLINE, () -> lines("Redis answers again").size() == 1);
    }
    assertThat(lines("Redis is down: Read timed out")).hasSize(1);
  }

  @Test
  void manyCallersThatFailTogetherAreOneOutage() throws Exception {
    try (RedisGuard guard = open(PATIENT);
        Callers callers = Callers.platform()) {
      assertThat(guard.call(Commands.set("k", "v"))).isEqualTo("OK");
      server.kill();
      callers.all(
          50,
          index -> {
            for (int i = 0; i < 20; i++) {
              assertThatThrownBy(() -> guard.call(Commands.get("k")))
                  .isInstanceOf(RedisUnavailable.class);
            }
            return true;
          });
      Await.until("noticed", DEADLINE, () -> !guard.available());
      server.restart();
      Await.until("back", DEADLINE, guard::available);
      Await.until("logged", DEADLINE, () -> lines("Redis answers again").size() == 1);
    }
    assertThat(lines("Redis is down")).hasSize(1);
    assertThat(lines("Could not return")).isEmpty();
  }

  @Test
  void aRedisThatIsUpIsNotLogged() {
    try (RedisGuard guard = open(PATIENT)) {
      assertThat(guard.call(Commands.set("k", "v"))).isEqualTo("OK");
      for (int i = 0; i < 3; i++) { // idle pings meanwhile
        assertThat(guard.<String>call(redis -> redis.ping())).isEqualTo("PONG");
      }
    }
    assertThat(lines("Redis")).isEmpty();
  }
}
