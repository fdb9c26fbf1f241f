package io.perfkit.jobs;

import java.sql.Connection;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * Runs work in transactions of its own on connections of the host's pool, and gives each connection
 * back as it was borrowed. Thread safe.
 */
final class PostgresTransactions {
  private static final int TRIES = 5;

  private final DataSource dataSource;

  PostgresTransactions(DataSource dataSource) {
    this.dataSource = dataSource;
  }

  /** Work on a connection. */
  interface Work<T> {
    T on(Connection connection) throws SQLException;
  }

  /**
   * Commits the work, or rolls it back. Work that the server aborted because of another transaction
   * is done again.
   *
   * @param what for the message: {@code "claim jobs"}
   * @throws StoreFailed if the database fails; the work may be committed then, if the reply to the
   *     commit was lost
   */
  <T> T run(String what, Work<T> work) {
    for (int tries = 1; ; tries++) {
      try (Connection connection = dataSource.getConnection()) {
        return run(connection, work);
      } catch (SQLException failed) {
        if (tries == TRIES || !aborted(failed)) {
          throw new StoreFailed("PostgreSQL failed to " + what, failed);
        }
      }
    }
  }

  private static <T> T run(Connection connection, Work<T> work) throws SQLException {
    boolean autoCommit = connection.getAutoCommit();
    int isolation = connection.getTransactionIsolation();
    if (autoCommit) {
      connection.setAutoCommit(false);
    }
    try {
      if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
        connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
      }
      T result = work.on(connection);
      connection.commit();
      return result;
    } catch (SQLException | RuntimeException | Error failed) {
      rollback(connection, failed);
      throw failed;
    } finally {
      restore(connection, autoCommit, isolation);
    }
  }

  private static void rollback(Connection connection, Throwable failed) {
    try {
      connection.rollback();
    } catch (SQLException also) {
      failed.addSuppressed(also);
    }
  }

  private static void restore(Connection connection, boolean autoCommit, int isolation)
      throws SQLException {
    if (connection.isClosed()) {
      return;
    }
    if (isolation != Connection.TRANSACTION_READ_COMMITTED) {
      connection.setTransactionIsolation(isolation);
    }
    if (autoCommit) {
      connection.setAutoCommit(true);
    }
  }

  /** A deadlock, or a conflict of transactions: nothing of it is stored. */
  private static boolean aborted(SQLException failed) {
    return "40P01".equals(failed.getSQLState()) || "40001".equals(failed.getSQLState());
  }
}
