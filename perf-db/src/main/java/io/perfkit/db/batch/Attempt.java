package io.perfkit.db.batch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One try to write a chunk. Immutable.
 *
 * @param refusals rows that are given up for good if the transaction was committed
 * @param transaction by what the database knows it
 * @param failure why it was not committed
 */
record Attempt<R>(
    Outcome outcome,
    List<Refusal<R>> refusals,
    @Nullable String transaction,
    @Nullable Exception failure) {

  enum Outcome {
    COMMITTED,
    ROLLED_BACK,
    /** The commit was sent and not answered. */
    IN_DOUBT,
    /** Somebody else answers for the rows by now. Rolled back. */
    ABANDONED
  }

  Attempt {
    refusals = List.copyOf(refusals);
  }

  static <R> Attempt<R> rolledBack(Exception failure) {
    return new Attempt<>(Outcome.ROLLED_BACK, List.of(), null, failure);
  }

  /** There is nobody any more who could tell what became of it. */
  Attempt<R> unprovable() {
    return new Attempt<>(outcome, refusals, null, failure);
  }

  Attempt<R> with(Outcome outcome, @Nullable Exception failure) {
    return new Attempt<>(outcome, refusals, transaction, failure);
  }
}
