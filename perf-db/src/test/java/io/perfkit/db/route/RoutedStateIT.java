package io.perfkit.db.route;

import static io.perfkit.db.route.Servers.execute;
import static io.perfkit.db.route.Servers.pool;
import static io.perfkit.db.route.Servers.readsOnReplica;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.db.pool.PoolConfig;
import io.perfkit.db.pool.PoolManager;
import io.perfkit.testing.Await;
import io.perfkit.testing.PostgresReplicated;
import java.io.ByteArrayInputStream;
import java.lang.reflect.Method;
import java.sql.Array;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.SQLTransientConnectionException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.TreeSet;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.postgresql.PGConnection;

/** What a connection was set to holds wherever its statements run, or they run where it was set. */
@SuppressWarnings("try") // scopes and sessions are opened for what they do
final class RoutedStateIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final String WHERE = "SELECT pg_is_in_recovery()::text";

  /** Longer than a busy machine keeps a poller, or the test itself, waiting. */
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private static PostgresReplicated servers = PostgresReplicated.start();
  private static final DataSource PRIMARY = pool(servers.primary());

  private final Router router = router(RouterConfig.Routing.TRANSACTION);
  private final DataSource orders = router.dataSource();

  @BeforeAll
  static void makeTables() throws SQLException {
    for (String sql :
        List.of(
            "CREATE SCHEMA one",
            "CREATE SCHEMA two",
            "CREATE TABLE public.notes (who text)",
            "CREATE TABLE one.notes (who text)",
            "CREATE TABLE two.notes (who text)",
            "INSERT INTO public.notes VALUES ('public')",
            "INSERT INTO one.notes VALUES ('one')",
            "INSERT INTO two.notes VALUES ('two')",
            "CREATE TABLE audit (n int)",
            "CREATE TABLE t (id int PRIMARY KEY)",
            "CREATE UNLOGGED TABLE scratch (n int)",
            "INSERT INTO scratch VALUES (7)",
            "CREATE SEQUENCE tickets",
            "CREATE VIEW ticket AS SELECT nextval('tickets') AS n",
            "CREATE VIEW over_it AS SELECT n + 1 AS n FROM ticket",
            "CREATE FUNCTION sets() RETURNS text LANGUAGE sql"
                + " AS $$ SELECT set_config('app.tenant', 'set', false) $$",
            "CREATE FUNCTION logs(t text) RETURNS boolean LANGUAGE plpgsql"
                + " AS $$ BEGIN INSERT INTO audit VALUES (77); RETURN true; END $$",
            "CREATE DOMAIN logged AS text CHECK (logs(value))",
            "CREATE FUNCTION steady() RETURNS int STABLE LANGUAGE sql AS $$ SELECT 1 $$")) {
      execute(PRIMARY, sql);
    }
    servers.awaitReplayed();
  }

  @AfterAll
  static void stop() {
    servers.close();
  }

  private static Router router(RouterConfig.Routing routing) {
    return Router.builder(PRIMARY)
        .replica("replica-1", pool(servers.replica()))
        .config(
            RouterConfig.builder().routing(routing).maxSilence(PATIENCE).maxLag(PATIENCE).build())
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

  private static String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  @Test
  void whatWasSetIsUndoneThoughTheRequestHasNoTimeLeft() throws Exception {
    AtomicReference<Optional<Duration>> left = new AtomicReference<>(Optional.empty());
    Thread caller = Thread.currentThread();
    PoolConfig config = PoolConfig.builder(2).size(4).warmUp(Duration.ZERO).build();
    try (PoolManager pool =
            PoolManager.builder(PRIMARY)
                .config(config)
                .deadline(() -> Thread.currentThread() == caller ? left.get() : Optional.empty())
                .build();
        Router overPool =
            Router.builder(pool.dataSource())
                .replica("replica-1", pool(servers.replica()))
                .build()) {
      PGConnection underneath;
      try (Connection connection = overPool.dataSource().getConnection()) {
        connection.setSchema("one");
        assertThat(text(connection, "SELECT who FROM notes")).isEqualTo("one");
        underneath = connection.unwrap(PGConnection.class);
        left.set(Optional.of(Duration.ZERO));
        assertThatThrownBy(() -> text(connection, "SELECT 1"))
            .isInstanceOf(SQLTimeoutException.class);
      }
      Connection kept = (Connection) underneath;
      assertThat(kept.isClosed()).isFalse();
      assertThat(kept.getSchema()).isEqualTo("public");
    }
  }

  /** A value for each setter, other than the default, and how the server or connection shows it. */
  private static final Map<String, Object[]> SETTERS =
      Map.ofEntries(
          Map.entry("setSchema", new Object[] {"two"}),
          Map.entry("setCatalog", new Object[] {"postgres"}),
          Map.entry(
              "setTransactionIsolation", new Object[] {Connection.TRANSACTION_REPEATABLE_READ}),
          Map.entry("setClientInfo/2", new Object[] {"ApplicationName", "report-7"}),
          Map.entry("setClientInfo/1", new Object[] {applicationName("report-8")}),
          Map.entry("setNetworkTimeout", new Object[] {(Executor) Runnable::run, 4_321}),
          Map.entry("setHoldability", new Object[] {ResultSet.HOLD_CURSORS_OVER_COMMIT}),
          Map.entry("setTypeMap", new Object[] {Map.of("kind", String.class)}),
          Map.entry("setAutoCommit", new Object[] {false}),
          Map.entry("setReadOnly", new Object[] {true}));

  private static Properties applicationName(String name) {
    Properties all = new Properties();
    all.setProperty("ApplicationName", name);
    return all;
  }

  private static List<Method> setters() {
    return Arrays.stream(Connection.class.getMethods())
        .filter(method -> method.getName().startsWith("set"))
        .filter(method -> !method.getName().startsWith("setSavepoint"))
        .filter(method -> !method.getName().startsWith("setShardingKey")) // the driver has none
        .toList();
  }

  private static String name(Method setter) {
    return setter.getName().equals("setClientInfo")
        ? setter.getName() + "/" + setter.getParameterCount()
        : setter.getName();
  }

  @Test
  void everySetterOfAConnectionIsInTheTable() {
    assertThat(setters()).extracting(RoutedStateIT::name).hasSameElementsAs(SETTERS.keySet());
  }

  @Test
  void whatASetterSetHoldsOnTheReplicaOnThePrimaryAndBack() throws Exception {
    servers.pauseReplay(); // so that a session that wrote stays on the primary
    for (Method setter : setters()) {
      Object[] value = SETTERS.get(name(setter));
      for (boolean beforeItReads : new boolean[] {true, false}) {
        try (CausalSession session = router.session();
            Connection alone = pool(servers.primary()).getConnection();
            Connection routed = orders.getConnection()) {
          routed.setReadOnly(true);
          alone.setReadOnly(true);
          if (!beforeItReads) {
            assertThat(text(routed, WHERE)).isEqualTo("true");
          }
          setter.invoke(routed, value);
          setter.invoke(alone, value);
          String expected = seen(alone);
          assertThat(text(routed, WHERE)).isEqualTo("true");
          assertThat(seen(routed)).as("%s on the replica", setter).isEqualTo(expected);
          if (!routed.getAutoCommit()) {
            routed.commit();
          }
          execute(orders, "INSERT INTO audit VALUES (1)");
          assertThat(text(routed, WHERE)).isEqualTo("false");
          assertThat(seen(routed)).as("%s on the primary", setter).isEqualTo(expected);
        }
      }
    }
  }

  /** All that can be asked of a connection. */
  private static String seen(Connection connection) throws SQLException {
    return String.join(
        ", ",
        connection.getSchema(),
        connection.getCatalog(),
        String.valueOf(connection.getTransactionIsolation()),
        connection.getClientInfo("ApplicationName"),
        String.valueOf(connection.getNetworkTimeout()),
        String.valueOf(connection.getHoldability()),
        connection.getTypeMap().toString(),
        String.valueOf(connection.getAutoCommit()),
        String.valueOf(connection.isReadOnly()),
        text(connection, "SELECT current_setting('application_name')"),
        text(connection, "SELECT current_setting('search_path')"),
        text(connection, "SELECT who FROM notes ORDER BY who LIMIT 1"));
  }

  @Test
  void aConnectionGoesBackToItsPoolAsItWasBorrowed() throws Exception {
    try (Connection kept = PRIMARY.getConnection()) {
      execute(kept, "SET search_path = one, two, public");
      String before = seen(kept) + text(kept, "SHOW default_transaction_read_only");
      DataSource pool = Servers.onlyOne(kept);
      for (Method setter : setters()) {
        try (Router alone = Router.builder(Servers.unpolled(pool, PRIMARY)).build();
            Connection routed = alone.dataSource().getConnection()) {
          setter.invoke(routed, SETTERS.get(name(setter)));
          assertThat(text(routed, "SELECT who FROM notes")).isNotNull();
        }
        assertThat(seen(kept) + text(kept, "SHOW default_transaction_read_only"))
            .as("after %s", setter)
            .isEqualTo(before);
      }
    }
  }

  @Test
  void aReplicasConnectionGoesBackToItsPoolAsItWasBorrowed() throws Exception {
    DataSource replica = pool(servers.replica());
    try (Connection kept = replica.getConnection()) {
      execute(kept, "SET search_path = one, two, public");
      String before = seen(kept) + text(kept, "SHOW default_transaction_read_only");
      DataSource one = Servers.unpolled(Servers.onlyOne(kept), replica);
      try (Router alone =
          Router.builder(PRIMARY)
              .replica("replica-1", one)
              .config(RouterConfig.builder().maxSilence(PATIENCE).maxLag(PATIENCE).build())
              .build()) {
        Await.until("a replica is found", DEADLINE, () -> readsOnReplica(alone));
        for (Method setter : setters()) {
          try (Connection routed = alone.dataSource().getConnection()) {
            routed.setReadOnly(true);
            setter.invoke(routed, SETTERS.get(name(setter)));
            routed.setAutoCommit(false);
            assertThat(text(routed, WHERE)).isEqualTo("true");
            execute(routed, "SET LOCAL work_mem = '1MB'");
            text(routed, "SELECT set_config('app.tenant', 'here', false)"); // in doubt
            routed.rollback();
          }
          assertThat(seen(kept) + text(kept, "SHOW default_transaction_read_only"))
              .as("after %s", setter)
              .isEqualTo(before);
        }
      }
    }
  }

  /** Each setting that a user may make has its value wherever the connection's statements run. */
  @Test
  void whatSqlSetHoldsForAllLaterStatementsOfTheConnection() throws SQLException {
    List<String> names = new ArrayList<>();
    List<String> values = new ArrayList<>();
    try (Connection connection = PRIMARY.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                """
                SELECT name, CASE vartype WHEN 'bool' THEN CASE setting WHEN 'on' THEN 'off' ELSE 'on' END
                    WHEN 'integer' THEN CASE WHEN name LIKE '%timeout' THEN '600000' ELSE (least(setting::bigint + 1, max_val::bigint))::text END
                    WHEN 'real' THEN max_val WHEN 'enum' THEN enumvals[1] ELSE 'x' || setting END
                FROM pg_settings WHERE context = 'user'
                  AND name NOT LIKE 'transaction%' AND name NOT LIKE 'default_transaction%'
                  AND name !~ '^(debug|role$|session_auth|client_encoding|exit_on|backtrace|.*_file|.*tablespace|seed)'
                """)) {
      while (rows.next()) {
        names.add(rows.getString(1));
        values.add(rows.getString(2));
      }
    }
    names.add("app.tenant");
    values.add("mine");
    assertThat(names).hasSizeGreaterThan(100);
    servers.pauseReplay(); // so that a session that wrote stays on the primary
    TreeSet<String> wrong = new TreeSet<>();
    int tried = 0;
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      String ask = "SELECT current_setting('" + name + "', true)";
      try (CausalSession session = router.session();
          Connection connection = orders.getConnection()) {
        connection.setReadOnly(true);
        assertThat(text(connection, WHERE)).isEqualTo("true");
        String set;
        try {
          set =
              text(
                  connection,
                  "SELECT set_config('%s', '%s', false)".formatted(name, values.get(i)));
        } catch (SQLException noSuchValue) {
          continue;
        }
        tried++;
        String now = text(connection, ask);
        execute(orders, "INSERT INTO audit VALUES (1)");
        String later = text(connection, ask);
        if (set == null || !now.equals(later)) {
          wrong.add(name + ": " + set + ", " + now + ", " + later);
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(tried).isGreaterThan(80);
  }

  @Test
  void whatElseTheServersSessionKeepsStaysWithTheConnection() throws SQLException {
    record State(String set, String ask, String is) {}
    for (State state :
        List.of(
            new State("SET ROLE pg_monitor", "SELECT current_user", "pg_monitor"),
            new State("SELECT sets()", "SELECT current_setting('app.tenant')", "set"),
            new State("CREATE TEMP TABLE mine AS SELECT 5 AS n", "SELECT n FROM mine", "5"),
            new State("PREPARE mine AS SELECT 6", "EXECUTE mine", "6"),
            new State(
                "SELECT pg_advisory_lock(7)",
                "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()",
                "1"),
            new State("LISTEN mine", "SELECT pg_listening_channels()", "mine"))) {
      try (CausalSession session = router.session();
          Connection connection = orders.getConnection()) {
        execute(connection, state.set());
        connection.setReadOnly(true);
        assertThat(text(connection, state.ask())).as(state.set()).isEqualTo(state.is());
      }
    }
  }

  @Test
  void whatIsSetForOneTransactionReadsOnAReplica() throws SQLException {
    try (Connection connection = orders.getConnection()) {
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      assertThat(text(connection, "SELECT set_config('app.tenant', 'local', true)"))
          .isEqualTo("local");
      assertThat(text(connection, WHERE)).isEqualTo("true");
      assertThat(text(connection, "SELECT current_setting('app.tenant')")).isEqualTo("local");
      connection.commit();
      assertThat(text(connection, WHERE)).isEqualTo("true");
    }
  }

  @Test
  void whatIsSetWithinAReplicasTransactionIsNeverLostInSilence() throws SQLException {
    servers.pauseReplay();
    try (CausalSession session = router.session();
        Connection connection = orders.getConnection()) {
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      assertThat(text(connection, WHERE)).isEqualTo("true");
      assertThat(text(connection, "SELECT set_config('app.tenant', 'here', false)"))
          .isEqualTo("here");
      connection.commit();
      assertThat(text(connection, "SELECT current_setting('app.tenant')")).isEqualTo("here");
      connection.commit();
      execute(orders, "INSERT INTO audit VALUES (1)");
      assertThatThrownBy(() -> text(connection, "SELECT current_setting('app.tenant')"))
          .isInstanceOf(SQLTransientConnectionException.class)
          .hasMessageContaining("what was set by SQL in a transaction on replica-1");
    }
  }

  @Test
  void aSettingThatWasRolledBackIsNotCarriedOn() throws SQLException {
    try (Connection connection = orders.getConnection()) {
      connection.setSchema("one");
      connection.setAutoCommit(false);
      connection.setSchema("two");
      assertThat(text(connection, "SELECT who FROM notes")).isEqualTo("two");
      connection.rollback();
      assertThat(text(connection, "SELECT who FROM notes")).isEqualTo("one");
      connection.commit();
      connection.setReadOnly(true);
      assertThat(text(connection, "SELECT who FROM notes")).isEqualTo("one");
      assertThat(text(connection, WHERE)).isEqualTo("true");
    }
  }

  @Test
  void aStatementThatIsKeptRunsWhereItsSessionsWritesAre() throws SQLException {
    servers.pauseReplay();
    try (CausalSession session = router.session();
        Connection connection = orders.getConnection()) {
      connection.setReadOnly(true);
      try (PreparedStatement prepared =
              connection.prepareStatement("SELECT count(*) FROM audit WHERE n = ANY (?)");
          Statement plain = connection.createStatement()) {
        Array keys = connection.createArrayOf("int4", new Object[] {4242});
        prepared.setArray(1, keys);
        plain.setMaxRows(1);
        assertThat(count(prepared)).isZero();
        assertThat(count(plain)).isZero();
        execute(orders, "INSERT INTO audit VALUES (4242)");
        assertThat(count(prepared)).isEqualTo(1);
        assertThat(count(plain)).isEqualTo(1);
        assertThat(plain.getMaxRows()).isEqualTo(1);
      }
    } finally {
      execute(PRIMARY, "DELETE FROM audit WHERE n = 4242");
    }
  }

  private static long count(PreparedStatement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  private static long count(Statement statement) throws SQLException {
    try (ResultSet row = statement.executeQuery("SELECT count(*) FROM audit WHERE n = 4242")) {
      row.next();
      return row.getLong(1);
    }
  }

  @Test
  void aSavepointAfterAReplicasReadIsRolledBackWhereItWasSet() throws SQLException {
    for (RouterConfig.Routing routing : RouterConfig.Routing.values()) {
      execute(PRIMARY, "TRUNCATE t");
      try (Router routed = router(routing)) {
        Await.until("a replica is found", DEADLINE, () -> readsOnReplica(routed));
        try (Connection connection = routed.dataSource().getConnection()) {
          connection.setReadOnly(routing == RouterConfig.Routing.TRANSACTION);
          try (PreparedStatement read = connection.prepareStatement("SELECT count(*) FROM t")) {
            count(read);
          }
          connection.setReadOnly(false);
          connection.setAutoCommit(false);
          execute(connection, "INSERT INTO t VALUES (1)");
          Savepoint before = connection.setSavepoint();
          assertThatThrownBy(() -> execute(connection, "INSERT INTO t VALUES (1)"))
              .isInstanceOf(SQLException.class);
          connection.rollback(before);
          execute(connection, "INSERT INTO t VALUES (2)");
          connection.commit();
        }
      }
      try (Connection connection = PRIMARY.getConnection()) {
        assertThat(text(connection, "SELECT count(*) FROM t")).isEqualTo("2");
      }
    }
  }

  @Test
  void whatNoReplicaCanAnswerIsAnsweredByThePrimary() throws SQLException {
    try (Connection connection = orders.getConnection()) {
      connection.setReadOnly(true);
      assertThat(text(connection, "SELECT n FROM scratch")).isEqualTo("7");
    }
    execute(PRIMARY, "CREATE UNLOGGED TABLE IF NOT EXISTS fresh AS SELECT 8 AS n");
    servers.awaitReplayed();
    try (Connection connection = orders.getConnection()) {
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      assertThat(text(connection, "SELECT n FROM fresh"))
          .as("not in the catalog yet")
          .isEqualTo("8");
      connection.rollback();
    }
    try (Connection connection = orders.getConnection()) {
      connection.setReadOnly(true);
      connection.setTransactionIsolation(Connection.TRANSACTION_SERIALIZABLE);
      connection.setAutoCommit(false);
      assertThat(text(connection, "SELECT who FROM public.notes")).isEqualTo("public");
      connection.rollback();
    }
    try (Router statements = router(RouterConfig.Routing.STATEMENT)) {
      Await.until("a replica is found", DEADLINE, () -> readsOnReplica(statements));
      for (String sql :
          List.of("SELECT n FROM ticket", "SELECT n FROM over_it", "SELECT n FROM scratch")) {
        try (Connection connection = statements.dataSource().getConnection();
            PreparedStatement statement = connection.prepareStatement(sql)) {
          assertThat(count(statement)).as(sql).isPositive();
        }
      }
    }
  }

  @Test
  void aFunctionThatTheCatalogSaysIsStableReadsOnAReplica() throws SQLException {
    long before = router.stats().primary();
    try (Connection connection = orders.getConnection()) {
      connection.setReadOnly(true);
      assertThat(text(connection, "SELECT steady()")).isEqualTo("1");
    }
    assertThat(router.stats().primary()).isEqualTo(before);
  }

  @Test
  void nothingThatReadsWritesThroughAFunctionEither() throws SQLException {
    execute(
        PRIMARY,
        "CREATE OR REPLACE FUNCTION writes() RETURNS void LANGUAGE sql"
            + " AS $$ INSERT INTO audit VALUES (99) $$");
    try (RoutingScope reading = router.reading();
        Connection connection = orders.getConnection()) {
      assertThatThrownBy(() -> text(connection, "SELECT writes()"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
    }
  }

  /** Changes on the primary that end a read of the replica: its lock, or its snapshot. */
  private static final List<List<String>> CONFLICTS =
      List.of(
          List.of("DROP TABLE old; CREATE TABLE old AS SELECT 1 AS id"), // one transaction
          List.of("DELETE FROM old", "VACUUM old"));

  @Test
  void aReadThatTheReplicaCancelsIsAskedAgainOnThePrimary() throws Exception {
    execute(pool(servers.replica()), "ALTER SYSTEM SET max_standby_streaming_delay = '50ms'");
    execute(pool(servers.replica()), "SELECT pg_reload_conf()");
    for (List<String> conflict : CONFLICTS) {
      execute(PRIMARY, "DROP TABLE IF EXISTS old; CREATE TABLE old AS SELECT 1 AS id");
      servers.awaitReplayed();
      long fallback = router.stats().fallback();
      Thread ends = new Thread(() -> endTheReadBy(conflict));
      ends.start();
      try (Connection connection = orders.getConnection()) {
        connection.setReadOnly(true);
        assertThat(text(connection, LONG_ON_A_REPLICA)).as("%s", conflict).isIn("0", "1");
      }
      ends.join();
      assertThat(router.stats().fallback()).as("%s", conflict).isGreaterThan(fallback);
    }
  }

  @Test
  void aReadThatTheReplicaCancelsAfterItsFirstRowsFailsAndIsNotRepeated() throws Exception {
    execute(PRIMARY, "DROP TABLE IF EXISTS old; CREATE TABLE old AS SELECT 1 AS id");
    servers.awaitReplayed();
    execute(pool(servers.replica()), "ALTER SYSTEM SET max_standby_streaming_delay = '50ms'");
    execute(pool(servers.replica()), "SELECT pg_reload_conf()");
    try (Connection connection = orders.getConnection()) {
      connection.setReadOnly(true);
      connection.setAutoCommit(false);
      try (PreparedStatement statement =
          connection.prepareStatement("SELECT i FROM old, generate_series(1, 1000) i")) {
        statement.setFetchSize(10);
        try (ResultSet rows = statement.executeQuery()) {
          assertThat(rows.next()).isTrue();
          execute(PRIMARY, CONFLICTS.get(0).get(0));
          assertThatThrownBy(
                  () -> {
                    servers.awaitReplayed(); // the replay ends the transaction
                    while (rows.next()) {
                      rows.getInt(1);
                    }
                  })
              .isInstanceOf(SQLException.class);
        }
      }
    }
  }

  private static final String LONG_ON_A_REPLICA =
      """
      SELECT count(*) FROM old
      WHERE (SELECT pg_sleep(CASE WHEN pg_is_in_recovery() THEN 60 ELSE 0 END)) IS NOT NULL""";

  private static void endTheReadBy(List<String> conflict) {
    Await.until("the replica reads", DEADLINE, () -> sleepers(pool(servers.replica())) == 1);
    try {
      for (String sql : conflict) {
        execute(PRIMARY, sql);
      }
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  private static long sleepers(DataSource server) {
    try (Connection connection = server.getConnection()) {
      return Servers.number(
          connection,
          "SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'PgSleep' AND state = 'active'");
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  @Test
  void callsThatNeedNoServerTakeNoConnection() throws SQLException {
    RouterStats before = router.stats();
    try (Connection connection = orders.getConnection()) {
      assertThat(connection.createArrayOf("int4", new Object[] {1}).getBaseTypeName())
          .isEqualTo("int4");
      assertThat(connection.getMetaData().getConnection()).isSameAs(connection);
      assertThat(connection.getTransactionIsolation())
          .isEqualTo(Connection.TRANSACTION_READ_COMMITTED);
      assertThat((Object) connection.getWarnings()).isNull();
      connection.clearWarnings();
    }
    assertThat(router.stats()).isEqualTo(before);
  }

  @Test
  void aResultLeadsToItsStatementAndToNoneOfANode() throws SQLException {
    try (Connection connection = orders.getConnection();
        PreparedStatement statement = connection.prepareStatement(WHERE);
        ResultSet rows = statement.executeQuery();
        ResultSet tables = connection.getMetaData().getTables(null, "one", "notes", null)) {
      assertThat((Object) rows.getStatement()).isSameAs(statement);
      assertThat((Object) rows.getStatement().getConnection()).isSameAs(connection);
      assertThat(tables.next()).isTrue();
      assertThat((Object) tables.getStatement()).isNull();
    }
  }

  @Test
  void aStreamIsReadOnceWhereverItsStatementRuns() throws SQLException {
    try (CausalSession session = router.session();
        Connection connection = orders.getConnection()) {
      connection.setReadOnly(true);
      try (PreparedStatement statement = connection.prepareStatement("SELECT length(?::bytea)")) {
        statement.setBinaryStream(1, new ByteArrayInputStream(new byte[3]));
        assertThat(count(statement)).isEqualTo(3);
        execute(orders, "INSERT INTO audit VALUES (1)");
        statement.setBinaryStream(1, new ByteArrayInputStream(new byte[5]));
        assertThat(count(statement)).as("on the primary").isEqualTo(5);
        statement.setBytes(1, new byte[7]);
        assertThat(count(statement)).isEqualTo(7);
      }
    }
  }

  /** No text tells that the check of a domain writes. */
  @Test
  void aHiddenWriteIsRefusedToAReaderAndDoneForOthers() throws SQLException {
    String sql = "SELECT 'x'::logged";
    try (Connection connection = orders.getConnection()) {
      connection.setReadOnly(true);
      assertThatThrownBy(() -> text(connection, sql))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("25006"));
    }
    try (Router statements = router(RouterConfig.Routing.STATEMENT)) {
      Await.until("a replica is found", DEADLINE, () -> readsOnReplica(statements));
      try (Connection connection = statements.dataSource().getConnection();
          PreparedStatement statement = connection.prepareStatement(sql);
          ResultSet row = statement.executeQuery()) {
        assertThat(row.next()).isTrue();
      }
    }
    try (Connection connection = PRIMARY.getConnection()) {
      assertThat(text(connection, "SELECT count(*) FROM audit WHERE n = 77")).isEqualTo("1");
    }
  }

  @Test
  void aReplicaIsNotAskedIfTransactionsAreSerializableByDefault() throws SQLException {
    String serializable = "?options=-c%20default_transaction_isolation=serializable";
    try (Router strict =
        Router.builder(pool(servers.primary().jdbcUrl("postgres" + serializable)))
            .replica("replica-1", pool(servers.replica().jdbcUrl("postgres" + serializable)))
            .build()) {
      Await.until("the primary is known", DEADLINE, () -> strict.health().primary());
      long before = strict.stats().replica();
      try (Connection connection = strict.dataSource().getConnection()) {
        connection.setReadOnly(true);
        assertThat(text(connection, "SELECT who FROM public.notes")).isEqualTo("public");
      }
      assertThat(strict.stats().replica()).isEqualTo(before);
    }
  }

  @Test
  void endsAsJdbcSays() throws SQLException {
    Connection connection = orders.getConnection();
    assertThat(connection.isValid(5)).isTrue();
    assertThatThrownBy(() -> connection.isValid(-1)).isInstanceOf(SQLException.class);
    Statement statement = connection.createStatement();
    connection.abort(Runnable::run);
    assertThat(connection.isClosed()).isTrue();
    assertThat(connection.isValid(5)).isFalse();
    assertThat(statement.isClosed()).isTrue();
    connection.abort(Runnable::run);
    connection.close();
  }
}
