package io.perfkit.db.batch;

import io.perfkit.db.internal.SqlState;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One try to write a chunk. Immutable.
 *
 * @param refusals rows that are given up for good if the transaction was committed
 * @param transaction by what the database knows it
 * @param failure why it was not committed
 * @param answered whether the database answered to the end, so that the failure is its word
 */
record Attempt<R>(
    Outcome outcome,
    List<Refusal<R>> refusals,
    @Nullable String transaction,
    @Nullable Exception failure,
    boolean answered) {

  enum Outcome {
    COMMITTED,
    ROLLED_BACK,
    /** The statement itself is refused, for any row. Rolled back. */
    STATEMENT_REFUSED,
    /** The commit was sent and not answered. */
    IN_DOUBT,
    /** Somebody else answers for the rows by now. Rolled back. */
    ABANDONED
  }

  Attempt {
    refusals = List.copyOf(refusals);
  }

  static <R> Attempt<R> rolledBack(Exception failure, boolean answered) {
    return new Attempt<>(Outcome.ROLLED_BACK, List.of(), null, failure, answered);
  }

  /** There was no connection, and if the login is refused, there will be none. */
  static <R> Attempt<R> notConnected(Exception failure) {
    return switch (SqlState.of(failure)) {
      case NO_ACCESS, STATEMENT_REFUSED -> statementRefused(failure);
      default -> rolledBack(failure, false);
    };
  }

  static <R> Attempt<R> statementRefused(Exception failure) {
    return new Attempt<>(Outcome.STATEMENT_REFUSED, List.of(), null, failure, true);
  }

  /** There is nobody any more who could tell what became of it. */
  Attempt<R> unprovable() {
    return new Attempt<>(outcome, refusals, null, failure, answered);
  }

  Attempt<R> with(Outcome outcome, @Nullable Exception failure) {
    return new Attempt<>(outcome, refusals, transaction, failure, answered);
  }
}
