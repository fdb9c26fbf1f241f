package io.perfkit.db.batch;

import io.perfkit.db.internal.SqlState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One try to write a chunk. Immutable.
 *
 * @param refusals rows that are given up for good if the transaction was committed
 * @param transaction the database's id of the transaction, if known
 * @param failure why the transaction was not committed
 * @param answered whether the database answered until the end, so that the failure comes from it
 * @param apart the row to be tried apart from the others, if any: only for it the database lacked a
 *     resource
 */
record Attempt<R>(
    Outcome outcome,
    List<RejectedRow<R>> refusals,
    @Nullable String transaction,
    @Nullable Exception failure,
    boolean answered,
    @Nullable BufferedRow<R> apart) {

  enum Outcome {
    COMMITTED,
    ROLLED_BACK,
    /** The statement itself is refused, for any row. Rolled back. */
    STATEMENT_REFUSED,
    /** The commit was sent and not answered. */
    IN_DOUBT,
    /** Another thread has decided the rows meanwhile. Rolled back. */
    ABANDONED
  }

  Attempt {
    refusals = List.copyOf(refusals);
  }

  static <R> Attempt<R> written(List<RejectedRow<R>> refusals, @Nullable String transaction) {
    return new Attempt<>(Outcome.COMMITTED, refusals, transaction, null, true, null);
  }

  static <R> Attempt<R> rolledBack(Exception failure, boolean answered) {
    return new Attempt<>(Outcome.ROLLED_BACK, List.of(), null, failure, answered, null);
  }

  /** The same attempt, which failed for one row only. */
  Attempt<R> apart(BufferedRow<R> row) {
    return new Attempt<>(outcome, refusals, transaction, failure, answered, row);
  }

  /** No connection could be had; if the login is refused, a retry gets none either. */
  static <R> Attempt<R> notConnected(Exception failure) {
    return switch (SqlState.of(failure)) {
      case NO_ACCESS, STATEMENT_REFUSED -> statementRefused(failure);
      default -> rolledBack(failure, false);
    };
  }

  static <R> Attempt<R> statementRefused(Exception failure) {
    return new Attempt<>(Outcome.STATEMENT_REFUSED, List.of(), null, failure, true, null);
  }

  /** The same attempt when nothing can find out its outcome any more. */
  Attempt<R> unprovable() {
    return new Attempt<>(outcome, refusals, null, failure, answered, null);
  }

  Attempt<R> with(Outcome outcome, @Nullable Exception failure) {
    return new Attempt<>(outcome, refusals, transaction, failure, answered, null);
  }
}
