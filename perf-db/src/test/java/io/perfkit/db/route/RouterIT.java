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
import java.sql.Statement;
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
import org.postgresql.PGStatement;
import org.postgresql.ds.PGSimpleDataSource;

@SuppressWarnings("try") // scopes and sessions are opened for what they do
final class RouterIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  /** Longer than a busy machine keeps a poller, or the test itself, waiting. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  private static PostgresReplicated servers = PostgresReplicated.start();

  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private int routers;
  private final Router router = router(patient().build());
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

  private static RouterConfig.Builder patient() {
    return RouterConfig.builder().maxSilence(PATIENCE).maxLag(PATIENCE);
  }

  private Router router(RouterConfig config) {
    return Router.builder(pool(servers.primary()))
        .replica("replica-1", pool(servers.replica()))
        .config(config)
        .name("router-" + ++routers)
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
    try (RoutingScope reading = router.reading();
        Connection connection = orders.getConnection()) {
      assertThat(onReplica(connection)).isTrue();
      try (RoutingScope writing = router.writing();
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
  void aSettingThatIsRefusedIsNotKept() throws SQLException {
    int unknown = 99;
    try (Connection connection = orders.getConnection()) {
      assertThatThrownBy(() -> connection.setTransactionIsolation(unknown))
          .as("no node is needed to tell")
          .hasMessageStartingWith("level: 99 (expected: ");
      assertThat(onReplica(connection)).isFalse();
      assertThatThrownBy(() -> connection.setTransactionIsolation(unknown))
          .isInstanceOf(SQLException.class);
      connection.setReadOnly(true);
      assertThat(onReplica(connection)).isTrue();

      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      assertThatThrownBy(() -> connection.setTransactionIsolation(unknown))
          .isInstanceOf(SQLException.class);
      connection.setReadOnly(false);
      assertThat(connection.getTransactionIsolation())
          .isEqualTo(Connection.TRANSACTION_REPEATABLE_READ);
    }
  }

  @Test
  void aNodesConnectionThatRefusesASettingIsGivenBackUnused() throws SQLException {
    PGSimpleDataSource primary = (PGSimpleDataSource) pool(servers.primary());
    primary.setApplicationName("refusing");
    try (Router refused = Router.builder(primary).build();
        Connection connection = refused.dataSource().getConnection()) {
      connection.setNetworkTimeout(Runnable::run, -1); // nobody was asked yet
      connection.setAutoCommit(false);
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(() -> execute(connection, "UPDATE orders SET n = n + 1"))
            .hasMessageContaining("timeout");
      }
      Await.until("only the router's own is left", DEADLINE, () -> sessions("refusing") == 1);
    }
  }

  private static long sessions(String application) {
    try (Connection connection = pool(servers.primary()).getConnection()) {
      return number(
          connection,
          "SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + application + "'");
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void settingsDoNotDisturbATransaction() throws SQLException {
    try (Connection connection = orders.getConnection()) {
      connection.setReadOnly(false);
      connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
      connection.setAutoCommit(false);
      execute(connection, "UPDATE orders SET n = n + 1");
      connection.setAutoCommit(true); // commits
      assertThat(connection.getAutoCommit()).isTrue();
    }
  }

  @Test
  void routesPreparedStatementsIfAsked() throws SQLException {
    RouterConfig statements = patient().routing(RouterConfig.Routing.STATEMENT).build();
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
      return onReplica(((Statement) statement.unwrap(PGStatement.class)).getConnection());
    }
  }

  @Test
  void aSessionReadsItsOwnWritesAndItsTokenTakesThemAlong() throws SQLException {
    servers.pauseReplay();
    String token;
    long written;
    try (CausalSession session = router.session()) {
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
    try (CausalSession elsewhere = router.session(token)) {
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
    try (CausalSession session = router.session();
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

  @Test
  void aTransactionThatReadEndsWithAutoCommit() throws SQLException {
    servers.pauseReplay();
    try (CausalSession session = router.session();
        Connection reader = orders.getConnection()) {
      reader.setReadOnly(true);
      reader.setAutoCommit(false);
      assertThat(onReplica(reader)).isTrue();
      reader.setAutoCommit(true);
      execute(orders, "UPDATE orders SET n = n + 1");
      assertThat(onReplica(reader)).isFalse();
    }
  }

  private long read() throws SQLException {
    try (RoutingScope reading = router.reading();
        Connection connection = orders.getConnection()) {
      return number(connection, "SELECT n FROM orders");
    }
  }

  @Test
  void refusesWhatIsNoToken() {
    for (String text : new String[] {"", "1", "0/16B3748", "1:0/16B3748x", "99999999999:0/0"}) {
      assertThatThrownBy(() -> router.session(text))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("token: (expected: as CausalSession.token() gave it)");
    }
  }

  @Test
  void doesNotReadFromAReplicaThatIsTooFarBehind() throws SQLException {
    RouterConfig strict = patient().maxLag(Duration.ofMillis(300)).build();
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
  void aConnectionThatIsKeptLeavesAReplicaThatFallsTooFarBehind() throws SQLException {
    RouterConfig strict = patient().maxLag(Duration.ofMillis(300)).build();
    try (Router near = router(strict)) {
      Await.until("a replica is found", DEADLINE, () -> readsOnReplica(near));
      try (Connection kept = near.dataSource().getConnection()) {
        kept.setReadOnly(true);
        Await.until("it reads on the replica", DEADLINE, () -> isOnReplica(kept));
        servers.pauseReplay();
        execute(pool(servers.primary()), "UPDATE orders SET n = n + 1");

        Await.until("it reads on the primary", DEADLINE, () -> !isOnReplica(kept));
      }
    }
  }

  private static boolean isOnReplica(Connection connection) {
    try {
      return onReplica(connection);
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void maxLagCountsAndNotHowManyPlacesAreRemembered() throws SQLException {
    AtomicLong skipped = new AtomicLong();
    Duration maxLag = Duration.ofMinutes(1); // 600 polls
    try (Router near =
        Router.builder(pool(servers.primary()))
            .replica("replica-1", pool(servers.replica()))
            .config(RouterConfig.builder().maxLag(maxLag).maxSilence(Duration.ofHours(1)).build())
            .nanos(() -> System.nanoTime() + skipped.get())
            .build()) {
      Await.until("a replica is found", DEADLINE, () -> readsOnReplica(near));
      servers.pauseReplay();
      execute(pool(servers.primary()), "UPDATE orders SET n = n + 1");

      skipped.addAndGet(maxLag.plusSeconds(1).toNanos());

      Await.until("its lag is known", DEADLINE, () -> lag(near).compareTo(maxLag) > 0);
      assertThat(usable(near)).isFalse();
      assertThat(readsOnReplica(near)).isFalse();
    }
  }

  private static Duration lag(Router router) {
    return router.health().replicas().get(0).lag().orElse(Duration.ZERO);
  }

  @Test
  void aReaderOnThePrimaryDoesNotWriteInATransaction() throws SQLException {
    try (Router alone = Router.builder(pool(servers.primary())).build();
        RoutingScope reading = alone.reading();
        Connection connection = alone.dataSource().getConnection()) {
      connection.setAutoCommit(false);
      assertThat(onReplica(connection)).isFalse();
      assertThatThrownBy(() -> execute(connection, "UPDATE orders SET n = 0"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
    }
  }

  @Test
  void nothingThatReadsEverWrites() throws SQLException {
    try (RoutingScope reading = router.reading();
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
    Duration maxSilence = Duration.ofSeconds(15); // shorter than what is skipped
    try (Router watching =
        Router.builder(counting)
            .config(RouterConfig.builder().maxSilence(maxSilence).build())
            .nanos(() -> System.nanoTime() + skipped.get())
            .build()) {
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
    try (Gated pool = new Gated();
        Router watching = gated(pool, Duration.ofSeconds(1), skipped)) {
      Await.until("it is usable", DEADLINE, () -> usable(watching));
      pool.shut();
      skipped.addAndGet(Duration.ofSeconds(20).toNanos());
      Await.until("its watch waits for a connection", DEADLINE, () -> pool.waiting.get() == 1);

      skipped.addAndGet(Duration.ofSeconds(2).toNanos());

      assertThat(usable(watching)).isFalse();
      assertThat(readsOnReplica(watching)).isFalse();
      pool.open();
      Await.until("it is usable again", DEADLINE, () -> usable(watching));
    }
  }

  @Test
  void aReplicaThatGaveNoConnectionIsLeftUntilItAnswers() {
    AtomicLong skipped = new AtomicLong();
    try (Gated pool = new Gated();
        Router watching = gated(pool, Duration.ofHours(1), skipped)) {
      Await.until("it is usable", DEADLINE, () -> usable(watching));
      pool.shut();
      skipped.addAndGet(Duration.ofSeconds(20).toNanos());
      Await.until("its watch waits for a connection", DEADLINE, () -> pool.waiting.get() == 1);
      assertThat(usable(watching)).isTrue();

      assertThat(readsOnReplica(watching)).isFalse();
      assertThat(usable(watching)).isFalse();
      assertThat(readsOnReplica(watching)).isFalse();

      assertThat(pool.refused).as("asked once").hasValue(1);
      pool.open();
      Await.until("it is read from again", DEADLINE, () -> readsOnReplica(watching));
    }
  }

  /** A pool that is exhausted while it is shut: its first caller waits, the others are refused. */
  private static final class Gated extends PGSimpleDataSource implements AutoCloseable {
    private static final long serialVersionUID = 1;
    final transient AtomicInteger waiting = new AtomicInteger();
    final transient AtomicInteger refused = new AtomicInteger();
    private final transient CountDownLatch opened = new CountDownLatch(1);
    private volatile boolean shut;

    Gated() {
      setUrl(servers.replica().jdbcUrl("postgres"));
      setUser("postgres");
      setPassword("postgres");
    }

    @Override
    public Connection getConnection() throws SQLException {
      if (shut) {
        if (!waiting.compareAndSet(0, 1)) {
          refused.incrementAndGet();
          throw new SQLException("exhausted");
        }
        try {
          opened.await();
        } catch (InterruptedException closed) {
          throw new SQLException(closed);
        }
      }
      return super.getConnection();
    }

    void shut() {
      shut = true;
    }

    void open() {
      shut = false;
      opened.countDown();
    }

    @Override
    public void close() {
      open();
    }
  }

  private static Router gated(DataSource replica, Duration maxSilence, AtomicLong skipped) {
    return Router.builder(pool(servers.primary()))
        .replica("replica-1", replica)
        .config(RouterConfig.builder().maxSilence(maxSilence).maxLag(Duration.ofHours(1)).build())
        .nanos(() -> System.nanoTime() + skipped.get())
        .build();
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
