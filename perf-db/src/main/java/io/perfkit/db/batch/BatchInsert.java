package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * Sends rows that are at hand through one statement of the caller's, in JDBC batches and in the
 * caller's transaction: what a loop around {@code addBatch} does, without its traps. For rows that
 * come one by one and may fail one by one there is {@link BatchWriter}. Immutable.
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

  /** The same with batches of so many rows, 1 to 100,000. */
  public BatchInsert<R> withBatchRows(int rows) {
    return new BatchInsert<>(sql, binder, rows);
  }

  /**
   * Sends all rows; the commit stays the caller's. One round trip for each batch.
   *
   * @return how many rows were sent
   * @throws SQLException as the driver throws it. Earlier batches are executed then, and some rows
   *     of this one may be: roll back, all of it or to a savepoint
   * @throws IllegalStateException if the connection commits by itself, since then the rows before
   *     one that is refused would stay
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
