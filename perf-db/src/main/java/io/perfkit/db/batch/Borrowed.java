package io.perfkit.db.batch;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * A connection of the host's for one try, given back as it came. A wire that is dead is found out
 * after a bound. One thread at a time.
 */
final class Borrowed implements AutoCloseable {
  private final Connection connection;
  private boolean autoCommit = true;
  private int networkTimeoutMillis;

  private Borrowed(Connection connection) {
    this.connection = connection;
  }

  static Borrowed from(DataSource dataSource, int silenceMillisMax) throws SQLException {
    Borrowed borrowed = new Borrowed(dataSource.getConnection());
    borrowed.prepare(silenceMillisMax);
    return borrowed;
  }

  private void prepare(int silenceMillisMax) {
    try {
      autoCommit = connection.getAutoCommit();
      networkTimeoutMillis = connection.getNetworkTimeout();
      if (networkTimeoutMillis == 0 || networkTimeoutMillis > silenceMillisMax) {
        connection.setNetworkTimeout(Runnable::run, silenceMillisMax);
      }
    } catch (SQLException | RuntimeException unsupported) {
      // A database without a wire, or a connection that is broken and will say so.
    }
  }

  Connection connection() {
    return connection;
  }

  /** Throws nothing: the connection is of no more use if it is broken, and what it did stands. */
  @Override
  public void close() {
    try {
      connection.setAutoCommit(autoCommit);
      connection.setNetworkTimeout(Runnable::run, networkTimeoutMillis);
    } catch (SQLException | RuntimeException broken) {
      // Its pool finds out as well.
    }
    try {
      connection.close();
    } catch (SQLException | RuntimeException broken) {
      // As above.
    }
  }
}
