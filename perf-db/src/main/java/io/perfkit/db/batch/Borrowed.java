package io.perfkit.db.batch;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * A connection of the host, borrowed for one attempt and given back with its settings restored. A
 * network time-out limits the wait on a dead connection. One thread at a time.
 */
final class Borrowed implements AutoCloseable {
  private final Connection connection;
  private boolean autoCommit = true;
  private int networkTimeoutMillis;
  private int prepareThreshold;

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
      // An embedded database, or a broken connection, which the next statement reports.
    }
  }

  /** Has the driver give no statement a name, which a pooler would mix up with those of others. */
  void useUnnamedStatements() throws SQLException {
    DriverSession driver = DriverSession.of(connection);
    if (driver != null) {
      prepareThreshold = driver.prepareThreshold();
      driver.prepareThreshold(0);
    }
  }

  Connection connection() {
    return connection;
  }

  /** Throws nothing: a broken connection is of no more use, and its committed work remains. */
  @Override
  public void close() {
    try {
      DriverSession driver = prepareThreshold == 0 ? null : DriverSession.of(connection);
      if (driver != null) {
        driver.prepareThreshold(prepareThreshold);
      }
      connection.setAutoCommit(autoCommit);
      connection.setNetworkTimeout(Runnable::run, networkTimeoutMillis);
    } catch (SQLException | RuntimeException broken) {
      // The pool finds out as well.
    }
    try {
      connection.close();
    } catch (SQLException | RuntimeException broken) {
      // As above.
    }
  }
}
