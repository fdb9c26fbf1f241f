package io.perfkit.db.pool;

import com.zaxxer.hikari.SQLExceptionOverride;
import io.perfkit.db.internal.SqlState;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.function.BooleanSupplier;

/**
 * Detects a failover by SQLSTATE 25006 on a writable connection, which then leads to the former
 * primary, a standby by now, and must leave the pool. Thread safe.
 */
final class FormerPrimary implements SQLExceptionOverride {
  private volatile BooleanSupplier retireWriters = () -> false;
  private volatile boolean seen;

  /**
   * @param retire has the calling thread's writable connections leave the pool when they are given
   *     back; false if it has no connection
   */
  void retireWritersBy(BooleanSupplier retire) {
    retireWriters = retire;
  }

  /** Called by HikariCP on the thread whose statement failed. */
  @java.lang.Override
  public SQLExceptionOverride.Override adjudicate(SQLException failure) {
    if (SqlState.of(failure) == SqlState.READ_ONLY && retireWriters.getAsBoolean()) {
      seen = true;
    }
    return SQLExceptionOverride.Override.CONTINUE_EVICT;
  }

  /** Checks a newly opened connection. One round trip after a writer was refused, else none. */
  void opened(Connection connection) throws SQLException {
    if (!seen) {
      return;
    }
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT pg_is_in_recovery()")) {
      row.next();
      seen = row.getBoolean(1);
    }
    if (!connection.getAutoCommit()) {
      connection.rollback();
    }
  }

  /** Whether a writer was refused, and no connection to a primary was opened since. */
  boolean isSeen() {
    return seen;
  }
}
