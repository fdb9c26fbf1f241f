package io.perfkit.db.batch;

import io.perfkit.db.batch.Attempt.Outcome;
import io.perfkit.db.batch.Rejection.Reason;
import io.perfkit.db.internal.SqlState;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Writes a chunk in one transaction per attempt and classifies the result. Immutable. */
final class ChunkWriter<R> {
  private final ResolvedTable<R> table;
  private final RowStatement<R> statement;
  private final RowMerger<R> merger;

  /**
   * @param merge merges two rows of one key, the earlier first; null if the later replaces the
   *     earlier
   */
  ChunkWriter(
      ResolvedTable<R> table, RowStatement<R> statement, @Nullable BinaryOperator<R> merge) {
    this.table = table;
    this.merger = new RowMerger<>(table, merge);
    boolean once = merger.mergesRowsOfOneKey() || !table.upsert();
    this.statement = once ? statement : new InTurns<>(statement);
  }

  /** The table that it writes to. */
  ResolvedTable<R> table() {
    return table;
  }

  /** Rows that were read when a column had another type, in the form of now. */
  private List<BufferedRow<R>> recoded(List<BufferedRow<R>> rows, List<RejectedRow<R>> refusals) {
    if (rows.stream().allMatch(row -> row.table == table)) {
      return rows;
    }
    List<BufferedRow<R>> recoded = new ArrayList<>(rows.size());
    for (BufferedRow<R> row : rows) {
      try {
        recoded.add(table.recoded(row));
      } catch (IllegalArgumentException misfit) {
        refusals.add(new RejectedRow<>(row, Reason.REFUSED, misfit));
      }
    }
    return recoded;
  }

  /**
   * Makes one attempt. Throws only an {@code Error}; leaves no transaction open.
   *
   * @param mayCommit called right before the commit is sent
   */
  Attempt<R> write(Connection connection, Chunk<R> chunk, BooleanSupplier mayCommit) {
    List<RejectedRow<R>> refusals = new ArrayList<>();
    List<MergedRow<R>> rows = merger.rows(recoded(chunk.rows, refusals), refusals);
    if (rows.isEmpty()) {
      return Attempt.written(refusals, null);
    }
    String transaction;
    try {
      connection.setAutoCommit(false);
      if (chunk.poisoned) {
        Bisection<R> bisection = new Bisection<>(connection, table, statement, merger, chunk.tries);
        if (chunk.failure != null && bisection.isStatementRefused(rows.get(0), chunk.failure)) {
          rollback(connection);
          return Attempt.statementRefused(chunk.failure);
        }
        bisection.write(rows);
        RejectedRow<R> apart = bisection.apart();
        if (apart != null && apart.cause() instanceof SQLException failure) {
          return Attempt.<R>rolledBack(failure, rollback(connection)).apart(apart.row());
        }
        refusals.addAll(bisection.refusals());
        transaction = bisection.transaction();
      } else {
        transaction = statement.write(connection, rows);
      }
    } catch (SQLException | RuntimeException failure) {
      boolean answered = rollback(connection);
      return Attempt.rolledBack(failure, answered);
    }
    Attempt<R> written = Attempt.written(refusals, transaction);
    if (!mayCommit.getAsBoolean()) {
      rollback(connection);
      return written.with(Outcome.ABANDONED, null);
    }
    try {
      connection.commit();
      return written;
    } catch (SQLException | RuntimeException failure) {
      boolean answered = rollback(connection);
      boolean nothingWritten = refusals.size() == chunk.rows.size();
      return !SqlState.leavesCommitInDoubt(failure) || nothingWritten
          ? Attempt.rolledBack(failure, answered)
          : written.with(Outcome.IN_DOUBT, failure);
    }
  }

  /** Asks the database for the outcome of a broken commit; in doubt again if it cannot tell. */
  Attempt<R> prove(Connection connection, Attempt<R> inDoubt, String transaction) {
    try {
      return switch (statement.fate(connection, transaction)) {
        case COMMITTED -> inDoubt.with(Outcome.COMMITTED, null);
        case ABORTED -> inDoubt.with(Outcome.ROLLED_BACK, inDoubt.failure());
        case IN_PROGRESS -> inDoubt;
        case UNKNOWN -> inDoubt.unprovable();
      };
    } catch (SQLException | RuntimeException failure) {
      return inDoubt.with(Outcome.IN_DOUBT, failure);
    }
  }

  /** Rolls back; returns whether the connection is still usable. */
  private static boolean rollback(Connection connection) {
    try {
      connection.rollback();
      return true;
    } catch (SQLException | RuntimeException broken) {
      return false; // and its transaction is lost with it
    }
  }
}
