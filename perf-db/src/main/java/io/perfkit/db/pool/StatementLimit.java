package io.perfkit.db.pool;

import static java.lang.Math.max;

import io.perfkit.db.internal.OwnWork;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLTimeoutException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Limits the run time of statements. On PostgreSQL the session's {@code statement_timeout} enforces
 * the pool's time-out; elsewhere, and if a request has less time left, each statement gets it as
 * its query time-out. Thread safe.
 */
final class StatementLimit {
  /**
   * Lowers the session's limit, and never raises one that the role or the database has. The units
   * of a setting (ms, s, min, h, d) are those of an interval. {@code pg_settings} would compute
   * every setting of the server.
   */
  private static final String LOWER =
      """
      SELECT set_config('statement_timeout', ?, false)
      WHERE current_setting('statement_timeout') = '0'
        OR current_setting('statement_timeout')::interval > ?::interval
      """;

  private static final String CANCELLED = "57014";

  private final Duration timeout;
  private final @Nullable RequestDeadline deadline;
  // Written before a connection is handed out, which publishes it.
  private boolean keptByServer;

  /**
   * @param timeout zero for none
   * @param deadline null if no request has one
   */
  StatementLimit(Duration timeout, @Nullable RequestDeadline deadline) {
    this.timeout = timeout;
    this.deadline = deadline;
  }

  /** Sets a new connection's limit. One round trip on PostgreSQL if there is a time-out. */
  void set(Connection connection) throws SQLException {
    if (timeout.isZero() || !isPostgres(connection)) {
      return;
    }
    try (PreparedStatement lower = connection.prepareStatement(LOWER)) {
      lower.setString(1, String.valueOf(timeout.toMillis()));
      lower.setString(2, timeout.toMillis() + " ms");
      try (ResultSet set = lower.executeQuery()) {
        boolean unused = set.next();
      }
    }
    if (!connection.getAutoCommit()) {
      connection.commit(); // a rollback would undo it
    }
    keptByServer = true;
  }

  static boolean isPostgres(Connection connection) throws SQLException {
    return connection.getMetaData().getDatabaseProductName().equals("PostgreSQL");
  }

  /** Whether {@link #limit} has anything to do; the same for all statements of a connection. */
  boolean isByStatement() {
    return deadline != null || (!timeout.isZero() && !keptByServer);
  }

  /**
   * Sets the time-out of a new statement. That of {@link OwnWork} is not the request's, and gets
   * the pool's time-out alone.
   *
   * @throws SQLTimeoutException if the request has no time left; the statement is closed
   */
  <S extends Statement> S limit(S statement) throws SQLException {
    try {
      Duration most = keptByServer ? Duration.ZERO : timeout;
      Optional<Duration> left =
          deadline == null || OwnWork.isUnderWay() ? Optional.empty() : deadline.remaining();
      if (left.isPresent()) {
        if (left.get().isNegative() || left.get().isZero()) {
          throw new SQLTimeoutException("the request has no time left for a statement", CANCELLED);
        }
        if (timeout.isZero() || left.get().compareTo(timeout) < 0) {
          most = left.get();
        }
      }
      if (!most.isZero()) {
        statement.setQueryTimeout(wholeSeconds(most));
      }
      return statement;
    } catch (SQLException | RuntimeException failed) {
      statement.close();
      throw failed;
    }
  }

  /** Rounded up: JDBC knows no shorter time, and zero would be none. */
  private static int wholeSeconds(Duration time) {
    return (int) max(1, time.plusMillis(999).toSeconds());
  }
}
