package io.perfkit.db.batch;

import io.perfkit.db.internal.SqlState;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Tries to write rows in an open transaction. What fails is rolled back alone. One thread at a
 * time.
 */
final class RowTrials<R> {
  private final Connection connection;
  private final RowStatement<R> statement;
  private @Nullable String transaction;
  private int writes;

  RowTrials(Connection connection, RowStatement<R> statement) {
    this.connection = connection;
    this.statement = statement;
  }

  /** The database's id of the transaction; null if nothing was written. */
  @Nullable String transaction() {
    return transaction;
  }

  /** How often rows were written so far. */
  int writes() {
    return writes;
  }

  /**
   * Null if the rows were written.
   *
   * @throws SQLException if the failure is not about rows
   */
  @Nullable SQLException tried(List<MergedRow<R>> rows) throws SQLException {
    Savepoint before = connection.setSavepoint();
    try {
      String number = statement.write(connection, rows);
      connection.releaseSavepoint(before);
      transaction = number == null ? transaction : number;
      writes++;
      return null;
    } catch (SQLException refused) {
      requireOfRows(refused);
      connection.rollback(before);
      connection.releaseSavepoint(before);
      return refused;
    }
  }

  /** Throws a failure that says nothing about rows. */
  static void requireOfRows(SQLException failure) throws SQLException {
    if (Fault.of(failure) == Fault.CONTENTION || SqlState.of(failure) == SqlState.PREPARED_NAME) {
      throw failure;
    }
  }
}
