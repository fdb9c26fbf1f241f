package io.perfkit.db.route;

import static io.perfkit.db.route.Servers.execute;
import static io.perfkit.db.route.Servers.number;
import static io.perfkit.db.route.Servers.onReplica;
import static io.perfkit.db.route.Servers.pool;
import static io.perfkit.db.route.Servers.readsOnReplica;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.Await;
import io.perfkit.testing.PostgresReplicated;
import io.perfkit.testing.ThreadLeaks;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@SuppressWarnings("try") // scopes and sessions are opened for what they do
final class RouterIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private static PostgresReplicated servers = PostgresReplicated.start();

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Router router = router(RouterConfig.defaults());
  private final DataSource orders = router.dataSource();

  @BeforeAll
  static void makeTable() throws SQLException {
    execute(pool(servers.primary()), "CREATE TABLE orders (id int PRIMARY KEY, n int)");
    execute(pool(servers.primary()), "INSERT INTO orders VALUES (1, 0)");
    servers.awaitReplayed();
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  private Router router(RouterConfig config) {
    return Router.builder(pool(servers.primary()))
        .replica("replica-1", pool(servers.replica()))
        .config(config)
        .meterRegistry(registry)
        .build();
  }

  @BeforeEach
  void find() {
    Await.until("a replica is found", DEADLINE, () -> readsOnReplica(router));
  }

  @AfterEach
  void close() {
    router.close();
    servers.resumeReplay();
  }

  @Test
  void readOnlyConnectionsReadFromTheReplicaAllOthersLeadToThePrimary() throws SQLException {
    try (Connection connection = orders.getConnection()) {
      connection.setReadOnly(true);
      assertThat(onReplica(connection)).isTrue();
      connection.setReadOnly(false);
      assertThat(onReplica(connection)).isFalse();
      assertThat(connection.isReadOnly()).isFalse();
    }
    try (Connection connection = orders.getConnection()) {
      connection.setAutoCommit(false);
      assertThat(onReplica(connection)).isFalse();
    }
    try (Scope reading = router.reading();
        Connection connection = orders.getConnection()) {
      assertThat(onReplica(connection)).isTrue();
      try (Scope writing = router.writing();
          Connection inner = orders.getConnection()) {
        inner.setReadOnly(true);
        assertThat(onReplica(inner)).isFalse();
      }
    }
    assertThat(registry.get("perf.db.route.connections").tag("to", "replica").functionCounter())
        .satisfies(counter -> assertThat(counter.count()).isGreaterThanOrEqualTo(2));
  }

  @Test
  void keepsSettingsForTheConnectionThatItTakesLater() throws SQLException {
    try (Connection connection = orders.getConnection()) {
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      assertThat(connection.getAutoCommit()).isFalse();
      assertThat(onReplica(connection)).isTrue();
      assertThat(connection.getTransactionIsolation())
          .isEqualTo(Connection.TRANSACTION_REPEATABLE_READ);
      connection.commit();
    }
  }

  @Test
  void routesPreparedStatementsIfAsked() throws SQLException {
    RouterConfig statements =
        RouterConfig.builder().routing(RouterConfig.Routing.STATEMENT).build();
    try (Router routing = router(statements)) {
      Await.until("a replica is found", DEADLINE, () -> readsOnReplica(routing));
      try (Connection connection = routing.dataSource().getConnection()) {
        assertThat(ranOnReplica(connection, "SELECT id FROM orders WHERE id = ?")).isTrue();
        assertThat(ranOnReplica(connection, "SELECT id FROM orders WHERE id = ? FOR UPDATE"))
            .isFalse();
        assertThat(ranOnReplica(connection, "SELECT id FROM orders WHERE id = ?"))
            .as("after the primary was used")
            .isFalse();
      }
      try (Connection connection = routing.dataSource().getConnection()) {
        connection.setAutoCommit(false);
        assertThat(ranOnReplica(connection, "SELECT id FROM orders WHERE id = ?")).isFalse();
      }
    }
  }

  private static boolean ranOnReplica(Connection connection, String sql) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setInt(1, 1);
      try (ResultSet rows = statement.executeQuery()) {
        assertThat(rows.next()).isTrue();
      }
      return onReplica(statement.getConnection());
    }
  }

  @Test
  void aSessionReadsItsOwnWritesAndItsTokenTakesThemAlong() throws SQLException {
    servers.pauseReplay();
    String token;
    long written;
    try (Session session = router.session()) {
      assertThat(session.token()).as("nothing to see yet").isEmpty();
      assertThat(readsOnReplica(router)).isTrue();
      try (Connection connection = orders.getConnection()) {
        execute(connection, "UPDATE orders SET n = n + 1");
        written = number(connection, "SELECT n FROM orders");
        assertThat(readsOnReplica(router)).as("while it may write").isFalse();
      }
      assertThat(readsOnReplica(router)).isFalse();
      token = session.token().orElseThrow();
      assertThat(read()).isEqualTo(written);
    }
    assertThat(readsOnReplica(router)).as("who did not write").isTrue();
    assertThat(read()).isLessThan(written);
    try (Session elsewhere = router.session(token)) {
      assertThat(readsOnReplica(router)).isFalse();
      assertThat(elsewhere.token()).hasValue(token);
      servers.resumeReplay();
      Await.until("replayed", DEADLINE, () -> readsOnReplica(router));
      assertThat(read()).isEqualTo(written);
    }
  }

  @Test
  void aConnectionThatReadSeesWhatItsSessionWroteMeanwhile() throws SQLException {
    servers.pauseReplay();
    try (Session session = router.session();
        Connection reader = orders.getConnection()) {
      reader.setReadOnly(true);
      assertThat(onReplica(reader)).isTrue();
      long written;
      try (Connection writer = orders.getConnection()) {
        execute(writer, "UPDATE orders SET n = n + 1");
        written = number(writer, "SELECT n FROM orders");
      }
      assertThat(number(reader, "SELECT n FROM orders")).isEqualTo(written);
      assertThat(onReplica(reader)).isFalse();
    }
  }

  private long read() throws SQLException {
    try (Scope reading = router.reading();
        Connection connection = orders.getConnection()) {
      return number(connection, "SELECT n FROM orders");
    }
  }

  @Test
  void refusesWhatIsNoToken() {
    for (String text : new String[] {"", "1", "0/16B3748", "1:0/16B3748x", "99999999999:0/0"}) {
      assertThatThrownBy(() -> router.session(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("token: (expected: as Session.token() gave it)");
    }
  }

  @Test
  void doesNotReadFromAReplicaThatIsTooFarBehind() throws SQLException {
    RouterConfig strict = RouterConfig.builder().maxLag(Duration.ofMillis(300)).build();
    try (Router near = router(strict)) {
      Await.until("a replica is found", DEADLINE, () -> readsOnReplica(near));
      servers.pauseReplay();
      execute(pool(servers.primary()), "UPDATE orders SET n = n + 1");
      Await.until("too far behind", DEADLINE, () -> !readsOnReplica(near));
      assertThat(near.health().replicas()).noneMatch(RouterHealth.Replica::usable);
      servers.resumeReplay();
      Await.until("caught up", DEADLINE, () -> readsOnReplica(near));
    }
  }

  @Test
  void nothingThatReadsEverWrites() throws SQLException {
    try (Scope reading = router.reading();
        Connection onReplica = orders.getConnection()) {
      assertThatThrownBy(() -> execute(onReplica, "UPDATE orders SET n = 0"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
    }
  }

  @Test
  void thePoolsGetTheirConnectionsBackNowAndThen() {
    AtomicLong skipped = new AtomicLong();
    AtomicInteger taken = new AtomicInteger();
    PGSimpleDataSource counting =
        new PGSimpleDataSource() {
          @Override
          public Connection getConnection() throws SQLException {
            taken.incrementAndGet();
            return super.getConnection();
          }
        };
    counting.setUrl(servers.primary().jdbcUrl("postgres"));
    counting.setUser("postgres");
    counting.setPassword("postgres");
    try (Router watching =
        Router.builder(counting).nanos(() -> System.nanoTime() + skipped.get()).build()) {
      Await.until("it is asked", DEADLINE, () -> watching.health().primary());
      assertThat(taken).hasValue(1);

      skipped.addAndGet(Duration.ofSeconds(20).toNanos());

      Await.until("by another connection", DEADLINE, () -> taken.get() == 2);
      Await.until("it is asked again", DEADLINE, () -> watching.health().primary());
    }
  }

  @Test
  void aReplicaThatNobodyCanAskIsNotUsedThoughItsPoolSaysNothing() {
    AtomicLong skipped = new AtomicLong();
    CountDownLatch answers = new CountDownLatch(1);
    AtomicInteger taken = new AtomicInteger();
    PGSimpleDataSource exhausted =
        new PGSimpleDataSource() {
          @Override
          public Connection getConnection() throws SQLException {
            try {
              if (taken.getAndIncrement() > 0) {
                answers.await();
              }
            } catch (InterruptedException closed) {
              throw new SQLException(closed);
            }
            return super.getConnection();
          }
        };
    exhausted.setUrl(servers.replica().jdbcUrl("postgres"));
    exhausted.setUser("postgres");
    exhausted.setPassword("postgres");
    try (Router watching =
        Router.builder(pool(servers.primary()))
            .replica("replica-1", exhausted)
            .nanos(() -> System.nanoTime() + skipped.get())
            .build()) {
      Await.until("it is usable", DEADLINE, () -> usable(watching));

      skipped.addAndGet(Duration.ofSeconds(20).toNanos());

      Await.until("the primary is asked", DEADLINE, () -> watching.health().primary());
      Await.until("it is not usable", DEADLINE, () -> taken.get() == 2 && !usable(watching));
      assertThat(readsOnReplica(watching)).isFalse();
      answers.countDown();
      Await.until("it is usable again", DEADLINE, () -> usable(watching));
    }
  }

  private static boolean usable(Router router) {
    return router.health().replicas().stream().allMatch(RouterHealth.Replica::usable);
  }

  @Test
  void refusesANameThatIsTaken() {
    assertThatThrownBy(
            () ->
                Router.builder(pool(servers.primary()))
                    .replica("a", pool(servers.replica()))
                    .replica("a", pool(servers.replica())))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("name: 'a' (expected: one not taken yet)");
  }

  @Test
  void closeLeavesNoThread() {
    router.close();
    ThreadLeaks.assertNone("perf-db-", () -> router(RouterConfig.defaults()).close());
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void aClosedConnectionIsClosed() throws SQLException {
    Connection connection = orders.getConnection();
    connection.close();
    connection.close();
    assertThat(connection.isClosed()).isTrue();
    assertThatThrownBy(connection::createStatement)
        .isInstanceOfSatisfying(
            SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("08003"));
  }
}
