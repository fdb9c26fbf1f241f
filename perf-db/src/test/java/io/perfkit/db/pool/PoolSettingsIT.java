package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.db.pool.ConnectionDefaults.Isolation;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** What every connection of a pool on PostgreSQL is set to. */
@RealPostgres
final class PoolSettingsIT {
  private final TestDatabase database;

  PoolSettingsIT(TestDatabase database) {
    this.database = database;
  }

  private PoolManager open(PoolConfig.Builder config) {
    return PoolManager.builder(database.dataSource()).config(config.build()).build();
  }

  private static PoolConfig.Builder one() {
    return Pools.config().size(1).minIdle(1);
  }

  private static String text(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getString(1);
    }
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void everyCallerFindsAConnectionAsThePoolSetsIt() throws SQLException {
    execute("CREATE SCHEMA shop");
    ConnectionDefaults defaults =
        ConnectionDefaults.defaults()
            .withAutoCommit(false)
            .withReadOnly(true)
            .withIsolation(Isolation.SERIALIZABLE)
            .withSchema("shop")
            .withInitSql("SET application_name = 'initial'");
    try (PoolManager pool = open(one().connection(defaults))) {
      for (int caller = 0; caller < 2; caller++) {
        try (Connection connection = pool.dataSource().getConnection()) {
          connection.rollback();
          assertThat(connection.getAutoCommit()).isFalse();
          assertThat(connection.isReadOnly()).isTrue();
          assertThat(connection.getTransactionIsolation())
              .isEqualTo(Connection.TRANSACTION_SERIALIZABLE);
          assertThat(connection.getSchema()).isEqualTo("shop");
          assertThat(text(connection, "SHOW application_name")).isEqualTo("initial");

          connection.rollback();
          connection.setAutoCommit(true);
          connection.setReadOnly(false);
          connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
          connection.setSchema("public");
        }
      }
    }
  }

  @Test
  void aSchemaThatACallerSetIsGoneForTheNextOne() throws SQLException {
    execute("CREATE SCHEMA tenant_b");
    for (boolean autoCommit : new boolean[] {true, false}) {
      try (PoolManager pool = open(one())) {
        String before;
        try (Connection connection = pool.dataSource().getConnection()) {
          before = text(connection, "SHOW search_path");
          connection.setAutoCommit(autoCommit);
          connection.setSchema("tenant_b");
          assertThat(connection.getSchema()).isEqualTo("tenant_b");
        }
        try (Connection connection = pool.dataSource().getConnection()) {
          assertThat(text(connection, "SHOW search_path")).isEqualTo(before);
          connection.setAutoCommit(false);
          connection.rollback();
          assertThat(text(connection, "SHOW search_path")).isEqualTo(before);
        }
      }
    }
  }

  @Test
  void aConnectionWhoseSchemaCannotBeRestoredLeavesThePool() throws SQLException {
    execute("CREATE SCHEMA tenant_c");
    try (PoolManager pool = open(one())) {
      String before;
      Connection lost = pool.dataSource().getConnection();
      before = text(lost, "SHOW search_path");
      lost.setSchema("tenant_c");
      try (Statement statement = lost.createStatement()) {
        statement.execute("BEGIN");
        assertThatThrownBy(() -> statement.execute("no SQL")).isInstanceOf(SQLException.class);
      }
      assertThatThrownBy(lost::close).isInstanceOf(SQLException.class);
      try (Connection next = pool.dataSource().getConnection()) {
        assertThat(text(next, "SHOW search_path")).isEqualTo(before);
      }
    }
  }

  @Test
  void aStatementThatOutlastsTheTimeoutIsCancelled() throws SQLException {
    try (PoolManager pool = open(one().statementTimeout(Duration.ofSeconds(2)));
        Connection connection = pool.dataSource().getConnection()) {
      assertThatThrownBy(() -> text(connection, "SELECT pg_sleep(60)"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
      assertThat(Pools.one(connection)).isEqualTo(1);
    }
  }

  @Test
  void theTimeoutHoldsAfterARollbackAndZeroIsNone() throws SQLException {
    try (PoolManager pool = open(one());
        Connection connection = pool.dataSource().getConnection()) {
      connection.setAutoCommit(false);
      connection.rollback();
      assertThat(text(connection, "SHOW statement_timeout")).isEqualTo("30s");
    }
    try (PoolManager pool = open(one().statementTimeout(Duration.ZERO));
        Connection connection = pool.dataSource().getConnection()) {
      assertThat(text(connection, "SHOW statement_timeout")).isEqualTo("0");
    }
  }

  @Test
  void theTimeoutLowersThatOfTheDatabaseAndNeverRaisesIt() throws SQLException {
    Map<String, String> thenByTheirs =
        Map.of(
            "0", "30s",
            "1500ms", "1500ms",
            "7s", "7s",
            "30s", "30s",
            "30001ms", "30s",
            "1min", "30s",
            "2h", "30s",
            "3d", "30s");
    for (Map.Entry<String, String> each : thenByTheirs.entrySet()) {
      execute(
          "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET statement_timeout = %L',"
              + " current_database(), '"
              + each.getKey()
              + "'); END $$");
      try (PoolManager pool = open(one());
          Connection connection = pool.dataSource().getConnection()) {
        assertThat(text(connection, "SHOW statement_timeout"))
            .as(each.getKey())
            .isEqualTo(each.getValue());
      }
    }
  }

  @Test
  void whatARequestHasLeftShortensTheTimeout() throws SQLException {
    AtomicReference<Optional<Duration>> left = new AtomicReference<>(Optional.empty());
    try (PoolManager pool =
            PoolManager.builder(database.dataSource())
                .config(one().build())
                .deadline(left::get)
                .build();
        Connection connection = pool.dataSource().getConnection()) {
      try (Statement statement = connection.createStatement()) {
        assertThat(statement.getQueryTimeout()).isZero(); // the server keeps the pool's
      }
      left.set(Optional.of(Duration.ofMinutes(5)));
      try (Statement statement = connection.prepareStatement("SELECT 1")) {
        assertThat(statement.getQueryTimeout()).isZero();
      }
      left.set(Optional.of(Duration.ofMillis(2_001)));
      try (Statement statement = connection.prepareCall("SELECT 1")) {
        assertThat(statement.getQueryTimeout()).isEqualTo(3);
      }
      left.set(Optional.of(Duration.ofMillis(1)));
      assertThatThrownBy(() -> text(connection, "SELECT pg_sleep(60)"))
          .isInstanceOfSatisfying(
              SQLException.class, e -> assertThat(e.getSQLState()).isEqualTo("57014"));
      left.set(Optional.of(Duration.ZERO));
      assertThatThrownBy(connection::createStatement).isInstanceOf(SQLTimeoutException.class);
      left.set(Optional.empty());
      assertThat(Pools.one(connection)).isEqualTo(1);
    }
  }

  @Test
  void eachNewConnectionLogsInWithTheCredentialsOfThen() throws SQLException {
    AtomicReference<Credentials> now =
        new AtomicReference<>(new Credentials(role("a"), "secret-a"));
    Queue<String> roles = new ConcurrentLinkedQueue<>();
    PGSimpleDataSource withoutLogin = new PGSimpleDataSource();
    withoutLogin.setUrl(database.jdbcUrl());
    try (PoolManager pool =
        PoolManager.builder(withoutLogin)
            .config(one().minIdle(0).build())
            .credentials(now::get)
            .build()) {
      for (String role : new String[] {"a", "b"}) {
        now.set(new Credentials(role(role), "secret-" + role));
        try (Connection connection = pool.dataSource().getConnection()) {
          roles.add(text(connection, "SELECT session_user"));
          connection.abort(Runnable::run); // the next one is new
        }
      }
    }
    assertThat(roles).containsExactly(role("a"), role("b"));
    assertThat(now.get().toString()).doesNotContain("secret");
  }

  private String role(String suffix) throws SQLException {
    String role = "pool_settings_" + suffix;
    execute(
        "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '"
            + role
            + "') THEN CREATE ROLE "
            + role
            + " LOGIN PASSWORD 'secret-"
            + suffix
            + "'; END IF; END $$");
    return role;
  }

  @Test
  void idleTimeoutAndKeepaliveAreHikaris() throws SQLException {
    PoolConfig.Builder config =
        one().idleTimeout(Duration.ofMinutes(30)).keepalive(Duration.ofMinutes(1));
    try (PoolManager pool = open(config)) {
      HikariDataSource hikari = pool.dataSource().unwrap(HikariDataSource.class);
      assertThat(hikari.getIdleTimeout()).isEqualTo(1_800_000);
      assertThat(hikari.getKeepaliveTime()).isEqualTo(60_000);
    }
    try (PoolManager pool = open(config.maxLifetime(Duration.ofSeconds(60)))) {
      HikariDataSource hikari = pool.dataSource().unwrap(HikariDataSource.class);
      assertThat(hikari.getIdleTimeout()).isEqualTo(30_000);
      assertThat(hikari.getKeepaliveTime()).isZero();
    }
  }
}
