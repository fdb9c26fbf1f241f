package io.perfkit.db.route;

import static io.perfkit.db.route.Servers.pool;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.db.batch.BatchTable;
import io.perfkit.db.batch.BatchWriter;
import io.perfkit.testing.PostgresReplicated;
import io.perfkit.testing.ReferenceTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** The Java of docs/guide/replicas.md, run, and the tables of docs/reference. */
final class ReplicasGuideIT {
  private static final PostgresReplicated servers = PostgresReplicated.start();

  private final DataSource primaryPool = pool(servers.primary());
  private final DataSource replicaPool = pool(servers.replica());
  private final MeterRegistry registry = new SimpleMeterRegistry();

  @AfterAll
  static void stop() {
    servers.close();
  }

  @Test
  void fiveLinesAndToken() throws SQLException {
    Router router = Router.create(primaryPool, replicaPool);
    DataSource orders = router.dataSource(); // instead of the primary's pool
    CausalSession session = router.session(); // one for each request
    try (session;
        Connection connection = orders.getConnection()) {
      connection.setReadOnly(true); // as @Transactional(readOnly = true) does: a replica reads
      assertThat(Servers.number(connection, "SELECT 1")).isEqualTo(1);
      String cookie = session.token().orElse("");
      assertThat(cookie).isEmpty();
      CausalSession next = cookie.isEmpty() ? router.session() : router.session(cookie);
      try (next) {
        process();
      }
    }
    router.close();
  }

  private static void process() {}

  /** What the guide's code acknowledges. */
  record Bet(long id, int stake) {}

  @Test
  void whatABatchWriterAcknowledged() throws SQLException {
    Servers.execute(primaryPool, "CREATE TABLE bets (id bigint PRIMARY KEY, stake int)");
    Bet bet = new Bet(1, 10);
    try (Router router = Router.create(primaryPool, replicaPool);
        BatchWriter<Bet> bets =
            BatchWriter.create(
                router.dataSource(), BatchTable.of("bets", Bet.class, "id"), rejected -> {});
        CausalSession session = router.session()) {
      bets.addAcknowledged(bet).toCompletableFuture().join();
      session.includeCommitted(); // its reads see the row from now on
      try (Connection connection = router.dataSource().getConnection()) {
        connection.setReadOnly(true);
        assertThat(Servers.number(connection, "SELECT count(*) FROM bets")).isEqualTo(1);
      }
    }
  }

  @Test
  void settings() {
    Router router =
        Router.builder(primaryPool)
            .replica("replica-1", replicaPool)
            .config(
                RouterConfig.builder()
                    .routing(RouterConfig.Routing.STATEMENT)
                    .maxLag(Duration.ofSeconds(2))
                    .build())
            .meterRegistry(registry)
            .build();
    assertThat(ReferenceTable.under("perf-db: replicas", "metrics.md").meters())
        .isEqualTo(ReferenceTable.metersOf(registry));
    router.close();
  }

  @Test
  void defaultsAreThoseOfTheTable() {
    assertThat(ReferenceTable.under("RouterConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(RouterConfig.defaults()));
  }
}
