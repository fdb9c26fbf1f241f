package io.perfkit.db.batch;

import io.perfkit.db.batch.Attempt.Outcome;
import io.perfkit.db.internal.SqlState;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BinaryOperator;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/** Writes chunks, each try one transaction. Immutable. */
final class ChunkWriter<R> {
  private final ResolvedTable<R> table;
  private final RowStatement<R> statement;
  private final RowMerger<R> merger;

  /**
   * @param merge of two rows of one key, the earlier first; none if the later takes its place
   */
  ChunkWriter(
      ResolvedTable<R> table, RowStatement<R> statement, @Nullable BinaryOperator<R> merge) {
    this.table = table;
    this.statement = statement;
    this.merger = new RowMerger<>(table, merge);
  }

  /**
   * One try. Throws nothing but errors; leaves no transaction open.
   *
   * @param mayCommit asked right before the commit is sent
   */
  Attempt<R> write(Connection connection, Chunk<R> chunk, BooleanSupplier mayCommit) {
    List<Refusal<R>> refusals = new ArrayList<>();
    List<Row<R>> rows = merger.rows(chunk.rows, refusals);
    String transaction;
    try {
      connection.setAutoCommit(false);
      if (chunk.poisoned) {
        Bisection<R> bisection = new Bisection<>(connection, table, statement, merger, chunk.tries);
        if (chunk.failure != null
            && Fault.of(chunk.failure) == Fault.ROW_OR_STATEMENT
            && bisection.isStatementRefused(rows.get(0))) {
          rollback(connection);
          return Attempt.statementRefused(chunk.failure);
        }
        bisection.write(rows);
        refusals.addAll(bisection.refusals());
        transaction = bisection.transaction();
      } else {
        transaction = statement.write(connection, rows);
      }
    } catch (SQLException | RuntimeException failure) {
      boolean answered = rollback(connection);
      return Attempt.rolledBack(failure, answered);
    }
    Attempt<R> written = new Attempt<>(Outcome.COMMITTED, refusals, transaction, null, true);
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

  /** Asks what became of a try whose commit broke off; in doubt again if nobody can tell. */
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

  /** Whether the connection is still good for something. */
  private static boolean rollback(Connection connection) {
    try {
      connection.rollback();
      return true;
    } catch (SQLException | RuntimeException broken) {
      return false; // and its transaction is lost with it
    }
  }
}
