package io.perfkit.db.pool;

import io.perfkit.testing.Await;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.UUID;
import javax.sql.DataSource;
import org.h2.jdbcx.JdbcDataSource;

/**
 * A database as the contracts of the pool need it.
 *
 * @param source a connection at each call, no pool
 * @param aside the same database, by connections that do not count
 * @param sessionCount how many sessions of {@code source} the server has, asked by {@code aside}
 * @param pause waits in the server for 5 ms
 */
record PoolDatabase(DataSource source, DataSource aside, String sessionCount, String pause) {
  static PoolDatabase postgres(TestDatabase database) {
    String application = "pool-" + UUID.randomUUID();
    return new PoolDatabase(
        Pools.named(database, application),
        database.dataSource(),
        "SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + application + "'",
        "SELECT pg_sleep(0.005)");
  }

  /** In memory and new each time; it tells nothing of limits. */
  static PoolDatabase h2() {
    JdbcDataSource source = new JdbcDataSource();
    source.setURL(
        "jdbc:h2:mem:"
            + UUID.randomUUID()
            + ";DB_CLOSE_DELAY=-1;INIT=CREATE ALIAS IF NOT EXISTS SLEEP FOR 'java.lang.Thread.sleep(long)'");
    return new PoolDatabase(
        source, source, "SELECT count(*) - 1 FROM information_schema.sessions", "CALL SLEEP(5)");
  }

  int sessions() {
    try (Connection connection = aside.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sessionCount)) {
      row.next();
      return row.getInt(1);
    } catch (SQLException e) {
      throw new AssertionError(sessionCount, e);
    }
  }

  void awaitSessions(int count) {
    Await.until(count + " sessions", Pools.SOON, () -> sessions() == count);
  }
}
