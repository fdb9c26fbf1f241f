package io.perfkit.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.redis.Codec;
import io.perfkit.redis.GuardConfig;
import io.perfkit.session.SessionOutcome.Active;
import io.perfkit.session.SessionOutcome.LimitReached;
import io.perfkit.session.SessionOutcome.Revoked;
import io.perfkit.session.SessionOutcome.Rotated;
import io.perfkit.testing.RedisCluster;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.RedisClusterClient;

/** On a Cluster of three masters every script finds its keys in one slot. */
final class SessionClusterIT {
  private static final SessionAttribute<String> CART = SessionAttribute.of("cart", Codec.string());

  private static final RedisCluster cluster = RedisCluster.start();
  private static final RedisClusterClient client =
      RedisClusterClient.builder().nodes(cluster.nodes()).build();

  @AfterAll
  static void stop() {
    client.close();
    cluster.close();
  }

  private static Session active(SessionOutcome outcome) {
    assertThat(outcome).isInstanceOf(Active.class);
    return outcome.session().orElseThrow();
  }

  @Test
  void inOneSlot() {
    everyOperation("one", 1);
  }

  @Test
  void spreadOverSlots() {
    everyOperation("spread", 64);
    for (HostAndPort node : cluster.nodes()) {
      try (RedisClient master = RedisClient.builder().hostAndPort(node).build()) {
        assertThat(master.keys("*{spread.sessions*")).as("keys of %s", node).isNotEmpty();
      }
    }
  }

  private static void everyOperation(String name, int partitions) {
    SessionConfig config =
        SessionConfig.builder()
            .partitions(partitions)
            .maxPerUser(3)
            .onLimit(LimitPolicy.REJECT)
            .build();
    try (SessionManager sessions =
        SessionManager.builder(client, name, Secrets.ONE)
            .guard(GuardConfig.defaults().withBudget(Duration.ofSeconds(5)))
            .config(config)
            .build()) {
      for (int user = 0; user < 30; user++) {
        String alice = "user-" + user;
        Session anonymous = active(sessions.create());
        anonymous.set(CART, "apples");
        active(sessions.save(anonymous));
        List<Session> made = new ArrayList<>();
        made.add(active(sessions.login(Login.of(alice).from(anonymous))));
        assertThat(made.get(0).get(CART)).contains("apples");
        assertThat(sessions.get(anonymous.token().text())).isEqualTo(new Rotated());
        made.add(active(sessions.login(Login.of(alice))));
        made.add(active(sessions.rotate(active(sessions.login(Login.of(alice))))));
        assertThat(sessions.login(Login.of(alice))).isInstanceOf(LimitReached.class);
        Session waiting = active(sessions.create());
        assertThat(sessions.login(Login.of(alice).from(waiting))).isInstanceOf(LimitReached.class);
        active(sessions.get(waiting.token().text()));
        assertThat(sessions.list(alice)).hasSize(3);
        assertThat(sessions.invalidateOthers(made.get(2))).isEqualTo(2);
        assertThat(sessions.get(made.get(0).token().text()))
            .isEqualTo(new Revoked(EndReason.OTHERS));
        assertThat(active(sessions.extend(made.get(2), Duration.ofHours(1))).id())
            .isEqualTo(made.get(2).id());
        if (user % 2 == 0) {
          assertThat(sessions.invalidateAll(alice)).isEqualTo(1);
        }
      }
      sessions.sweep(); // of those that were ended everywhere
      assertThat(sessions.sweep().total()).isZero();
    }
  }
}
