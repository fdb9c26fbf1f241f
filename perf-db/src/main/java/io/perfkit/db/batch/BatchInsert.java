package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Bulk insert in JDBC batches: sends rows that are at hand through the caller's statement, in the
 * caller's transaction. For rows that arrive and may fail one by one, see {@link BatchWriter}.
 * Immutable.
 */
public final class BatchInsert<R> {
  private static final int BATCH_ROWS = 1_000;

  private final String sql;
  private final Binder<? super R> binder;
  private final int batchRows;

  private BatchInsert(String sql, Binder<? super R> binder, int batchRows) {
    if (batchRows < 1 || batchRows > 100_000) {
      throw new IllegalArgumentException("batchRows: " + batchRows + " (expected: 1 to 100000)");
    }
    this.sql = requireNonNull(sql, "sql");
    this.binder = requireNonNull(binder, "binder");
    this.batchRows = batchRows;
  }

  /** Sets the parameters of a row. */
  @FunctionalInterface
  public interface Binder<R> {
    /** Sets every parameter of {@code statement}. */
    void bind(PreparedStatement statement, R row) throws SQLException;
  }

  /** Batches of 1,000 rows. */
  public static <R> BatchInsert<R> of(String sql, Binder<? super R> binder) {
    return new BatchInsert<>(sql, binder, BATCH_ROWS);
  }

  /** The same with another batch size, 1 to 100,000 rows. */
  public BatchInsert<R> withBatchRows(int rows) {
    return new BatchInsert<>(sql, binder, rows);
  }

  /**
   * Sends all rows and leaves the commit to the caller. One round trip for each batch.
   *
   * @return how many rows were sent
   * @throws SQLException from the driver, unchanged. Earlier batches and possibly some rows of the
   *     failed one are executed by then: roll back the transaction, or to a savepoint
   * @throws IllegalStateException if the connection is in auto-commit mode, which would keep the
   *     rows before a refused one
   */
  public long write(Connection connection, Iterable<? extends R> rows) throws SQLException {
    if (connection.getAutoCommit()) {
      throw new IllegalStateException(
          "autoCommit: true (expected: false, so that a batch that fails leaves no part of itself)");
    }
    long sent = 0;
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      int waiting = 0;
      for (R row : rows) {
        binder.bind(statement, row);
        statement.addBatch();
        sent++;
        if (++waiting == batchRows) {
          int[] unused = statement.executeBatch();
          waiting = 0;
        }
      }
      if (waiting > 0) {
        int[] unused = statement.executeBatch();
      }
    }
    return sent;
  }
}
