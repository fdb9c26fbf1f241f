package io.perfkit.db.route;

import static io.perfkit.db.route.Servers.execute;
import static io.perfkit.db.route.Servers.onReplica;
import static io.perfkit.db.route.Servers.pool;
import static io.perfkit.db.route.Servers.readsOnReplica;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.PostgresReplicated;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.HostAndPort;

/** A replica that dies, falls silent, or becomes a primary; a primary that dies. */
@SuppressWarnings("try") // scopes and sessions are opened for what they do
final class RouterFaultIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final PostgresReplicated servers = PostgresReplicated.start();

  @AfterEach
  void stop() {
    servers.close();
  }

  private Router router(String replicaUrl) {
    return router(replicaUrl, RouterConfig.defaults().maxSilence());
  }

  private Router router(String replicaUrl, Duration maxSilence) {
    Router router =
        Router.builder(pool(servers.primary()))
            .replica("replica-1", pool(replicaUrl))
            .config(RouterConfig.builder().maxFallbackReads(1).maxSilence(maxSilence).build())
            .build();
    Await.until("a replica is found", DEADLINE, () -> readsOnReplica(router));
    return router;
  }

  @Test
  void whileItIsDeadReadsGoToThePrimaryAndOnlyAsManyAsMay() throws SQLException {
    try (Router router = router(servers.replica().jdbcUrl("postgres"))) {
      servers.replica().kill();
      Await.until("on the primary", DEADLINE, () -> !readsOnReplica(router));
      try (RoutingScope reading = router.reading();
          Connection first = router.dataSource().getConnection();
          Connection second = router.dataSource().getConnection()) {
        assertThat(onReplica(first)).isFalse();
        assertThatThrownBy(() -> onReplica(second))
            .isInstanceOf(SQLTransientConnectionException.class)
            .hasMessageContaining("maxFallbackReads");
        first.close();
        assertThat(onReplica(second)).isFalse();
      }
      servers.replica().restart();
      Await.until("on the replica again", DEADLINE, () -> readsOnReplica(router));
    }
  }

  @Test
  void aSilentReplicaIsLeft() throws SQLException {
    String url = servers.replica().jdbcUrl("postgres");
    int port = Integer.parseInt(url.replaceAll(".*:(\\d+)/.*", "$1"));
    try (FaultProxy network = FaultProxy.to(new HostAndPort("localhost", port));
        Router router =
            router("jdbc:postgresql://localhost:" + network.address().getPort() + "/postgres")) {
      network.blackHole();
      Await.until(
          "left", DEADLINE, () -> router.health().replicas().stream().noneMatch(r -> r.usable()));
      assertThat(readsOnReplica(router)).isFalse();
      network.heal();
      Await.until("back", DEADLINE, () -> readsOnReplica(router));
    }
  }

  @Test
  void aReplicaThatWasPromotedTakesNoWriteOfAReaderAndNoMoreReads() throws SQLException {
    execute(pool(servers.primary()), "CREATE TABLE t (n int)");
    servers.awaitReplayed();
    Duration patience = Duration.ofMinutes(1);
    try (Router router = router(servers.replica().jdbcUrl("postgres"), patience);
        RoutingScope reading = router.reading();
        Connection open = router.dataSource().getConnection()) {
      assertThat(onReplica(open)).isTrue();
      servers.promote();
      assertThat(onReplica(open)).as("it is a primary now").isFalse();
      assertThatThrownBy(() -> execute(open, "INSERT INTO t VALUES (1)"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
      Await.until(
          "left", DEADLINE, () -> router.health().replicas().stream().noneMatch(r -> r.usable()));
    }
  }

  /** Nor where the driver enforces no read-only transactions, and before the router finds out. */
  @Test
  void aDoubtfulStatementNeverWritesOnAReplicaThatWasPromotedUnnoticed() throws SQLException {
    execute(pool(servers.primary()), "CREATE TABLE t (n int)");
    execute(
        pool(servers.primary()),
        "CREATE FUNCTION writes() RETURNS void LANGUAGE sql AS 'INSERT INTO t VALUES (1)'");
    servers.awaitReplayed();
    String url = servers.replica().jdbcUrl("postgres");
    int port = Integer.parseInt(url.replaceAll(".*:(\\d+)/.*", "$1"));
    try (FaultProxy network = FaultProxy.to(new HostAndPort("localhost", port));
        Connection kept = pool(url + "?readOnlyMode=ignore").getConnection();
        Router router =
            Router.builder(pool(servers.primary()))
                .replica("replica-1", polledThrough(network, Servers.onlyOne(kept)))
                .config(
                    RouterConfig.builder()
                        .maxSilence(Duration.ofMinutes(1))
                        .maxLag(Duration.ofMinutes(1))
                        .build())
                .build()) {
      Await.until("a replica is found", DEADLINE, () -> readsOnReplica(router));
      network.blackHole();
      servers.promote();
      try (Connection connection = router.dataSource().getConnection()) {
        connection.setReadOnly(true);
        connection.setAutoCommit(false);
        assertThat(Servers.number(connection, "SELECT inet_server_port()")).isEqualTo(port);
        assertThatThrownBy(() -> execute(connection, "SELECT writes()"))
            .isInstanceOfSatisfying(
                SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
        connection.rollback();
      }
      network.heal();
    }
    try (Connection promoted = pool(url).getConnection()) {
      assertThat(Servers.number(promoted, "SELECT count(*) FROM t")).isZero();
    }
  }

  private static DataSource polledThrough(FaultProxy network, DataSource used) {
    String url = "jdbc:postgresql://localhost:" + network.address().getPort() + "/postgres";
    return Servers.unpolled(used, pool(url));
  }

  @Test
  void withoutThePrimaryReplicasServeWhoeverWroteNothingSinceItWasAsked() throws SQLException {
    execute(pool(servers.primary()), "CREATE TABLE t (n int)");
    servers.awaitReplayed();
    try (Router router = router(servers.replica().jdbcUrl("postgres"));
        CausalSession early = router.session()) {
      execute(router.dataSource(), "INSERT INTO t VALUES (1)");
      Await.until("its write is on the replica", DEADLINE, () -> readsOnReplica(router));
      try (CausalSession late = router.session()) {
        try (Connection writer = router.dataSource().getConnection()) {
          execute(writer, "INSERT INTO t VALUES (2)");
          servers.primary().kill();
          Await.until("the primary is lost", DEADLINE, () -> !router.health().primary());
        }
        assertThatThrownBy(() -> readsOnReplica(router))
            .as("what it wrote may not be on the replica")
            .hasCauseInstanceOf(SQLException.class);
      }
      Await.until("what it wrote is there", DEADLINE, () -> isServedByReplica(router));
      assertThatThrownBy(() -> execute(router.dataSource(), "INSERT INTO t VALUES (3)"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).startsWith("08"));
      servers.primary().restart();
      Await.until("it is asked again", DEADLINE, () -> router.health().primary());
      execute(router.dataSource(), "INSERT INTO t VALUES (3)");
      Await.until("that is on the replica too", DEADLINE, () -> readsOnReplica(router));
    }
  }

  /** Also false if it is refused, as it is while a busy machine leaves the replica unheard. */
  private static boolean isServedByReplica(Router router) {
    try (RoutingScope reading = router.reading();
        Connection connection = router.dataSource().getConnection()) {
      return onReplica(connection);
    } catch (SQLException refused) {
      return false;
    }
  }
}
