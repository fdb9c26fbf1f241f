package io.perfkit.db.batch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of one worker that are written in one transaction, and how far that is. Its worker's writer
 * changes it; what {@link Buffer} says of it holds under the buffer's lock.
 */
final class Chunk<R> {
  /** In the order of their adding. */
  final List<Pending<R>> rows;

  final int bytes;

  /** Whether somebody waits for one of them. */
  final boolean answered;

  /** Whether some row was refused, so that each try has to find which. */
  boolean poisoned;

  /** The try whose commit broke off, while nothing has told yet whether it took place. */
  @Nullable Attempt<R> inDoubt;

  /** What the last try failed with. */
  @Nullable Exception failure;

  /** When the first of the tries began that failed, all so far. */
  long failingSinceNanos;

  /** How many tries failed. Guarded by the buffer's lock, like what follows. */
  int tries;

  long retryAtNanos;

  /** Whether a commit was sent that may have taken place. */
  boolean mayStand;

  Chunk(List<Pending<R>> rows) {
    this.rows = List.copyOf(rows);
    this.bytes = rows.stream().mapToInt(row -> row.bytes).sum();
    this.answered = this.rows.stream().anyMatch(row -> row.answer != null);
  }

  /** Each row given up, for one reason. */
  List<Refusal<R>> refusals(Rejection.Reason reason) {
    return rows.stream().map(row -> new Refusal<>(row, reason, failure)).toList();
  }
}
