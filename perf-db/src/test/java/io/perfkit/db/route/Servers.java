package io.perfkit.db.route;

import io.perfkit.testing.PostgresProcess;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.postgresql.ds.PGSimpleDataSource;

/** What the tests ask of servers and connections. */
@SuppressWarnings("try") // scopes and sessions are opened for what they do
final class Servers {
  private Servers() {}

  static DataSource pool(PostgresProcess server) {
    return pool(server.jdbcUrl("postgres"));
  }

  static DataSource pool(String url) {
    PGSimpleDataSource pool = new PGSimpleDataSource();
    pool.setUrl(url);
    pool.setUser("postgres");
    pool.setPassword("postgres");
    pool.setConnectTimeout(2);
    return pool;
  }

  static void execute(DataSource pool, String sql) throws SQLException {
    try (Connection connection = pool.getConnection()) {
      execute(connection, sql);
    }
  }

  static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  static long number(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }

  /** Whether a statement of the connection runs on a replica. */
  static boolean onReplica(Connection connection) throws SQLException {
    return number(connection, "SELECT pg_is_in_recovery()::int") == 1;
  }

  /** Whether a read that is taken now runs on a replica. */
  static boolean readsOnReplica(Router router) {
    try (RoutingScope reading = router.reading();
        Connection connection = router.dataSource().getConnection()) {
      return onReplica(connection);
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  /** A pool of one connection, which stays open when it is given back. */
  static DataSource onlyOne(Connection connection) {
    Connection kept =
        RoutedConnection.proxy(
            Connection.class,
            (self, method, arguments) ->
                method.getName().equals("close")
                    ? null
                    : ConnectionSetting.call(
                        connection, method, arguments == null ? new Object[0] : arguments));
    return source(() -> kept);
  }

  /** Threads of the router get connections of {@code polled}, others those of {@code used}. */
  static DataSource unpolled(DataSource used, DataSource polled) {
    return source(
        () ->
            (Thread.currentThread().getName().startsWith("perf-db-route") ? polled : used)
                .getConnection());
  }

  interface Opening {
    Connection open() throws SQLException;
  }

  static DataSource source(Opening opening) {
    return RoutedConnection.proxy(
        DataSource.class,
        (self, method, arguments) -> {
          if (method.getName().equals("getConnection")) {
            return opening.open();
          }
          throw new UnsupportedOperationException(method.getName());
        });
  }
}
