package io.perfkit.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisUnavailable;
import io.perfkit.session.SessionOutcome.Active;
import io.perfkit.session.SessionOutcome.NotFound;
import io.perfkit.session.SessionOutcome.Revoked;
import io.perfkit.session.SessionOutcome.Unavailable;
import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RedisProcess;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisClient;

/** The rows of docs/operations/failure-modes.md for sessions. */
final class SessionFaultIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Duration BUDGET = Duration.ofSeconds(2);
  private static final SessionAttribute<String> CART = SessionAttribute.of("cart", Codec.string());
  private static final SessionAttribute<Long> VISITS = SessionAttribute.of("visits", Codec.longs());

  private final RedisProcess server = RedisProcess.start();
  private final FaultProxy proxy = FaultProxy.to(server.address());
  private final RedisClient client = client(proxy.address());
  private final RedisClient direct = client(server.address());
  private final SessionManager sessions = manager(client);
  private final SessionManager other = manager(direct);

  private static RedisClient client(HostAndPort address) {
    return RedisClient.builder().hostAndPort(address).build();
  }

  private static SessionManager manager(RedisClient client) {
    return SessionManager.builder(client, "fault", Secrets.ONE)
        .guard(GuardConfig.defaults().withBudget(BUDGET).withProbeEvery(Duration.ofMillis(100)))
        .build();
  }

  @AfterEach
  void close() {
    sessions.close();
    other.close();
    client.close();
    direct.close();
    proxy.close();
    server.close();
  }

  private static Session active(SessionOutcome outcome) {
    assertThat(outcome).isInstanceOf(Active.class);
    return outcome.session().orElseThrow();
  }

  private static String text(Session session) {
    return session.token().text();
  }

  /** Whatever the fault: no answer is taken for an answer, and no logout for done. */
  private void nobodyCanTell(Session session) {
    session.set(CART, "unsaved");
    assertThat(sessions.get(text(session))).isInstanceOf(Unavailable.class);
    assertThat(sessions.create()).isInstanceOf(Unavailable.class);
    assertThat(sessions.login(Login.of("alice").from(session))).isInstanceOf(Unavailable.class);
    assertThat(sessions.save(session)).isInstanceOf(Unavailable.class);
    assertThat(sessions.increment(session, VISITS, 1)).isInstanceOf(Unavailable.class);
    assertThat(sessions.extend(session, DEADLINE)).isInstanceOf(Unavailable.class);
    assertThat(sessions.rotate(session)).isInstanceOf(Unavailable.class);
    assertThatThrownBy(() -> sessions.invalidate(session)).isInstanceOf(RedisUnavailable.class);
    assertThatThrownBy(() -> sessions.invalidate(text(session)))
        .isInstanceOf(RedisUnavailable.class)
        .hasMessageNotContaining(text(session));
    assertThatThrownBy(() -> sessions.invalidateOthers(session))
        .isInstanceOf(RedisUnavailable.class);
    assertThatThrownBy(() -> sessions.invalidateAll("alice")).isInstanceOf(RedisUnavailable.class);
    assertThatThrownBy(() -> sessions.list("alice")).isInstanceOf(RedisUnavailable.class);
    assertThatThrownBy(() -> sessions.count("alice")).isInstanceOf(RedisUnavailable.class);
    assertThatThrownBy(sessions::sweep).isInstanceOf(RedisUnavailable.class);
    assertThat(sessions.health().healthy()).isFalse();
    assertThat(sessions.stats().unavailable()).isPositive();
  }

  private void back() {
    Await.until("Redis is asked again", DEADLINE, () -> sessions.health().healthy());
  }

  private void down(Session session) {
    Await.until(
        "Redis is taken for down",
        DEADLINE,
        () -> {
          assertThat(sessions.get(text(session)).session()).isEmpty();
          return !sessions.health().healthy();
        });
  }

  @Test
  void anOutageLogsNobodyOut() {
    Session session = active(sessions.login(Login.of("alice")));
    proxy.cut();
    down(session);
    nobodyCanTell(session);
    proxy.heal();
    back();

    assertThat(active(sessions.get(text(session))).user()).contains("alice");
    active(sessions.save(session));
    assertThat(active(sessions.get(text(session))).get(CART)).contains("unsaved");
  }

  @Test
  void aFrozenRedisCostsOneBudgetAndLogsNobodyOut() {
    Session session = active(sessions.login(Login.of("alice")));
    server.freeze();
    long start = System.nanoTime();
    for (int i = 0; i < 1_000; i++) {
      assertThat(sessions.get(text(session))).isInstanceOf(Unavailable.class);
    }
    assertThat(Duration.ofNanos(System.nanoTime() - start))
        .as("one budget for 1,000 calls")
        .isLessThan(BUDGET.multipliedBy(15));
    nobodyCanTell(session);
    server.thaw();
    back();
    active(sessions.get(text(session)));
  }

  @Test
  void aRedisSlowerThanTheBudgetLogsNobodyOut() {
    Session session = active(sessions.login(Login.of("alice")));
    proxy.delay(Duration.ofSeconds(3)); // a probe takes twice as long, and gives up before
    down(session);
    nobodyCanTell(session);
    proxy.delay(Duration.ZERO);
    back();
    active(sessions.get(text(session)));
  }

  @Test
  void aKilledRedisLosesSessionsAndTheNextOnesWork() {
    Session session = active(sessions.login(Login.of("alice")));
    server.kill();
    down(session);
    nobodyCanTell(session);
    server.restart();
    back();

    assertThat(sessions.get(text(session))).isInstanceOf(NotFound.class);
    Session next = active(sessions.login(Login.of("alice").from(session)));
    assertThat(next.get(CART)).as("what was never saved goes along").contains("unsaved");
  }

  @Test
  void aLogoutWithoutAnAnswerIsReportedAndMayHaveRun() {
    Session session = active(sessions.login(Login.of("alice")));
    active(sessions.extend(session, Duration.ofMinutes(1))); // so that the server has the script
    proxy.dropReplies();

    assertThatThrownBy(() -> sessions.invalidate(session)).isInstanceOf(RedisUnavailable.class);

    assertThat(other.get(text(session))).isEqualTo(new Revoked(EndReason.LOGOUT));
    proxy.heal();
    back();
    assertThat(sessions.invalidate(session)).isFalse();
  }

  @Test
  void aLoginWithoutAnAnswerLeavesASessionThatNobodyCanOpenAndTheLimitCounts() {
    Session session = active(sessions.login(Login.of("alice")));
    proxy.dropReplies();
    assertThat(sessions.login(Login.of("alice"))).isInstanceOf(Unavailable.class);
    proxy.heal();

    assertThat(other.count("alice")).isEqualTo(2);
    assertThat(other.invalidateOthers(session)).isEqualTo(1);
  }

  /** As while it loads its data: however many tokens are looked up, a Redis exception says so. */
  @Test
  void aRedisThatAnswersEachLookupWithAnErrorIsUnavailable() {
    Session session = active(sessions.login(Login.of("alice")));
    try (Jedis admin = new Jedis(server.address())) {
      List<String> two = List.of(text(session), text(active(other.create())));
      admin.configSet("replica-serve-stale-data", "no");
      admin.replicaof("127.0.0.1", 1);
      for (List<String> tokens : List.of(List.of(text(session)), two)) {
        assertThat(other.get(tokens))
            .isInstanceOfSatisfying(
                Unavailable.class,
                failed ->
                    assertThat(failed.cause())
                        .isInstanceOf(RedisUnavailable.class)
                        .hasMessageContaining("MASTERDOWN"));
      }
      admin.replicaofNoOne();
    }
  }

  @Test
  void aFlushedScriptIsSentAgain() {
    Session session = active(sessions.login(Login.of("alice")));
    for (int i = 0; i < 3; i++) {
      direct.scriptFlush();
      active(sessions.get(text(session)));
    }
  }
}
