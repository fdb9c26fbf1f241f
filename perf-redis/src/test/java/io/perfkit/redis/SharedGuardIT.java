package io.perfkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.Await;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.ThreadLeaks;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** What the guards of one client share, and what that costs the client. */
final class SharedGuardIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final GuardConfig PATIENT =
      GuardConfig.defaults().withBudget(Duration.ofSeconds(10));

  private final RedisProcess server = RedisProcess.start();
  private final RedisClient client = RedisClient.create(server.address());
  private final RedisClient other = RedisClient.create(server.address());

  @AfterEach
  void close() {
    client.close();
    other.close();
    server.close();
  }

  @Test
  void guardsOfOneClientShareLanesAndBreaker() {
    GuardConfig quick = GuardConfig.defaults().withBudget(Duration.ofSeconds(2));
    try (RedisGuard one = RedisGuard.builder(client).config(quick).build();
        RedisGuard two = RedisGuard.create(client)) {
      assertThat(two.config()).isEqualTo(quick);
      assertThat(one.call(Commands.set("k", "v"))).isEqualTo("OK");
      assertThat(two.call(Commands.get("k"))).isEqualTo("v");
      assertThat(two.stats().commands()).isEqualTo(2);
      // Two for as long as the keeper asks whether Redis is there.
      Await.until("one connection", DEADLINE, () -> client.getPool().getNumActive() == 1);

      server.freeze();
      Await.until(
          "one finds it silent",
          DEADLINE,
          () -> {
            assertThatThrownBy(() -> one.call(Commands.get("k")))
                .isInstanceOf(RedisUnavailable.class);
            return two.breaker() != BreakerState.CLOSED;
          });
      assertThat(two.health().healthy()).isFalse();
      assertThatThrownBy(() -> two.call(Commands.get("k")))
          .hasMessageStartingWith("not sent: Redis is taken for down");
      server.thaw();
      Await.until("closed again", DEADLINE, two::available);
    }
  }

  @Test
  void aClosedGuardLeavesTheOthersOpen() {
    RedisGuard closed = RedisGuard.builder(client).config(PATIENT).build();
    try (RedisGuard open = RedisGuard.create(client)) {
      closed.close();
      closed.close();
      assertThat(open.call(Commands.set("k", "v"))).isEqualTo("OK");
      assertThatThrownBy(() -> closed.call(Commands.get("k")))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageStartingWith("closed");
    }
    assertNothingIsLeft(client);
    try (RedisGuard reopened = RedisGuard.builder(client).config(PATIENT).build()) {
      assertThat(reopened.call(Commands.get("k"))).isEqualTo("v");
    }
  }

  @Test
  void theHostsGuardIsSharedAndAnotherClientsIsRefused() {
    RedisGuard host = RedisGuard.builder(client).config(PATIENT).build();
    try {
      try (RedisGuard component = RedisGuard.builder(client).sharing(host).build()) {
        assertThat(component.config()).isEqualTo(PATIENT);
      }
      assertThat(host.call(Commands.set("k", "v"))).isEqualTo("OK");
      assertThatThrownBy(() -> RedisGuard.builder(other).sharing(host))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageEndingWith("(expected: a guard of the same client object)");
    } finally {
      host.close();
    }
    assertThatThrownBy(() -> RedisGuard.builder(client).sharing(host))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("closed");
  }

  @Test
  void otherSettingsOnOneClientAreRefusedAndBothNamed() {
    try (RedisGuard first = RedisGuard.builder(client).heldBy("caches 'shop'", 1).build()) {
      assertThatThrownBy(() -> RedisGuard.builder(client).config(PATIENT).build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContainingAll(
              PATIENT.toString(), first.config().toString(), "which caches 'shop' opened");
      RedisGuard.builder(client).config(GuardConfig.defaults()).build().close();
      RedisGuard.builder(other).config(PATIENT).build().close();
    }
  }

  @Test
  void aPoolTooSmallForAllIsRefusedWithTheSumAndItsParts() {
    try (RedisGuard first = RedisGuard.builder(client).heldBy("caches 'a'", 3).build();
        RedisGuard second = RedisGuard.builder(client).heldBy("limiter 'l'", 0).build()) {
      assertThatThrownBy(() -> RedisGuard.builder(client).heldBy("caches 'b'", 3).build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "connections: 8 that stay in use (2 lanes, 3 for caches 'a', 3 for caches 'b') of the"
                  + " client's pool of 8 (expected: at most 7, so that the host's own calls find"
                  + " one; call ConnectionPoolConfig.setMaxTotal with more than 8, or open fewer"
                  + " lanes by GuardConfig.withLanes)");
      RedisGuard.builder(client).heldBy("caches 'b'", 2).build().close();
      assertThat(List.of(first, second)).allMatch(RedisGuard::available);
    }
    assertNothingIsLeft(client);
  }

  @Test
  void metersOfTwoClientsNeverCollideAndEndWithTheLastGuard() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    RedisGuard one = RedisGuard.builder(client).config(PATIENT).meterRegistry(registry).build();
    RedisGuard again = RedisGuard.builder(client).meterRegistry(registry).build();
    RedisGuard second = RedisGuard.builder(other).meterRegistry(registry).build();
    String first = one.health().client();
    String secondName = second.health().client();
    assertThat(secondName).isNotEqualTo(first);
    one.call(Commands.set("k", "v"));
    assertThat(registry.get(RedisMeters.COMMANDS).tag("client", first).functionCounter().count())
        .isEqualTo(1);
    assertThat(
            registry.get(RedisMeters.COMMANDS).tag("client", secondName).functionCounter().count())
        .isZero();
    assertThat(registry.get(RedisMeters.BREAKER).tag("client", first).gauge().value()).isZero();
    one.close();
    assertThat(registry.find(RedisMeters.BREAKER).gauges()).hasSize(2);
    again.close();
    assertThat(registry.find(RedisMeters.BREAKER).gauges()).hasSize(1);
    second.close();
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void theHostNamesAClientAndNoTwoHaveOneName() {
    try (RedisGuard named = RedisGuard.builder(client).name("orders").build()) {
      assertThat(named.health().client()).isEqualTo("orders");
      assertThatThrownBy(() -> RedisGuard.builder(other).name("orders").build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("name: 'orders' (expected: one that no other open client has)");
      assertThatThrownBy(() -> RedisGuard.builder(client).name("users").build())
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("name: users (expected: orders");
    }
  }

  @Test
  void manyThreadsOpenAndCloseAtOnceAndNothingIsLeft() throws Exception { // O1
    ThreadLeaks.assertNone(
        "perf-redis-",
        () -> {
          try (Callers callers = Callers.platform()) {
            callers.all(
                16,
                index -> {
                  Random random = new Random(index);
                  for (int i = 0; i < 100; i++) {
                    try (RedisGuard guard = RedisGuard.builder(client).config(PATIENT).build()) {
                      if (random.nextBoolean()) {
                        assertThat(guard.call(Commands.set("k" + index, "v" + i))).isEqualTo("OK");
                      }
                      if (random.nextBoolean()) {
                        String read = guard.call(redis -> redis.set("f" + index, "v"));
                        assertThat(read).isEqualTo("OK");
                      }
                    }
                  }
                  return true;
                });
          }
          assertNothingIsLeft(client);
        });
  }

  private static void assertNothingIsLeft(RedisClient client) {
    Await.until("returned", DEADLINE, () -> client.getPool().getNumActive() == 0);
  }
}
