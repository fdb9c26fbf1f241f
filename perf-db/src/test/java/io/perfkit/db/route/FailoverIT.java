package io.perfkit.db.route;

import static io.perfkit.db.route.Servers.execute;
import static io.perfkit.db.route.Servers.pool;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.Await;
import io.perfkit.testing.PostgresProcess;
import io.perfkit.testing.PostgresReplicated;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * A standby is promoted, and another one follows it: the name of the primary leads to the new one.
 */
final class FailoverIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final String GRANT = "GRANT pg_read_all_stats TO app";

  private final PostgresReplicated servers = PostgresReplicated.start();
  private final PostgresProcess standby = servers.addReplica();
  private final AtomicReference<PostgresProcess> primary = new AtomicReference<>(servers.primary());

  @AfterEach
  void stop() {
    servers.close();
  }

  @Test
  void aStandbyThatFollowsTheNewPrimaryIsReadFrom() throws SQLException {
    try (Router router = router("postgres")) {
      failOver();

      awaitReadsOfTheNewPrimarysWrites(router);
      assertThat(router.health().warnings()).noneMatch(warning -> warning.contains("GRANT"));
    }
  }

  @Test
  void aRoleThatSeesNoTimelineIsToldTheRightThatItLacks() throws SQLException {
    execute(pool(servers.primary()), "CREATE ROLE app LOGIN");
    servers.awaitReplayed();
    try (Router router = router("app")) {
      assertThat(router.health().warnings())
          .contains(
              "replica-1: after a failover it is not used until its next restart point, up to"
                  + " checkpoint_timeout later (expected: "
                  + GRANT
                  + ")");
      failOver();
      execute(pool(primary.get()), GRANT);

      awaitReadsOfTheNewPrimarysWrites(router);
      assertThat(router.health().healthy()).isTrue();
    }
  }

  @Test
  void aRoleThatSeesNoTimelineReadsOnceTheStandbyHasARestartPoint() throws SQLException {
    execute(pool(servers.primary()), "CREATE ROLE app LOGIN");
    servers.awaitReplayed();
    try (Router router = router("app")) {
      failOver();
      execute(pool(primary.get()), "CHECKPOINT");
      execute(pool(standby), "CHECKPOINT");

      awaitReadsOfTheNewPrimarysWrites(router);
    }
  }

  private Router router(String role) {
    DataSource byName = Servers.source(() -> as(role, primary.get()).getConnection());
    RouterConfig config =
        RouterConfig.builder().maxSilence(DEADLINE).maxLag(Duration.ofMinutes(1)).build();
    Router router =
        Router.builder(byName).replica("replica-1", as(role, standby)).config(config).build();
    Await.until("a replica is found", DEADLINE, () -> readsOnStandby(router));
    return router;
  }

  private static DataSource as(String role, PostgresProcess server) {
    PGSimpleDataSource source = (PGSimpleDataSource) pool(server);
    source.setUser(role);
    return source;
  }

  private void failOver() throws SQLException {
    servers.awaitReplayed(); // a standby that is ahead of the promoted one can't follow it
    servers.primary().kill();
    servers.promote();
    servers.followPromoted(standby);
    primary.set(servers.replica());
    execute(pool(primary.get()), "CREATE TABLE since (n int)");
  }

  /** Without a session the standby may be read from before the router has seen the failover. */
  private static void awaitReadsOfTheNewPrimarysWrites(Router router) {
    try (CausalSession session = router.session()) {
      session.includeCommitted();
      Await.until("the standby is read from", DEADLINE, () -> readsOnStandby(router));
    }
  }

  /** Also false if it is refused, as it is while neither server is known. */
  @SuppressWarnings("try") // the scope is opened for what it does
  private static boolean readsOnStandby(Router router) {
    try (RoutingScope reading = router.reading();
        Connection connection = router.dataSource().getConnection()) {
      return Servers.onReplica(connection);
    } catch (SQLException refused) {
      return false;
    }
  }
}
