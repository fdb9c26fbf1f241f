package io.perfkit.db.batch;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Rows of one worker that are written in one transaction, and the state of that write. The thread
 * that writes changes it; the invariants of {@link Buffer} hold under the buffer's lock.
 */
final class Chunk<R> {
  /** In the order of their adding. */
  final List<BufferedRow<R>> rows;

  final int bytes;

  /** Whether a caller waits for one of them. */
  final boolean answered;

  /** Whether some row was refused, so that each attempt must find which one. */
  boolean poisoned;

  /** The attempt whose commit broke off, as long as its outcome is not known. */
  @Nullable Attempt<R> inDoubt;

  /** What the last attempt failed with. */
  @Nullable Exception failure;

  /** Start of the first failed attempt. */
  long failingSinceNanos;

  /** How many attempts failed. Guarded by the buffer's lock, as are the fields below. */
  int tries;

  long retryAtNanos;

  /** Whether a commit was sent that may have taken place. */
  boolean mayStand;

  Chunk(List<BufferedRow<R>> rows) {
    this.rows = List.copyOf(rows);
    this.bytes = rows.stream().mapToInt(row -> row.bytes).sum();
    this.answered = this.rows.stream().anyMatch(row -> row.answer() != null);
  }

  /** Some of its rows, in the same state. */
  Chunk<R> part(List<BufferedRow<R>> some) {
    Chunk<R> part = new Chunk<>(some);
    part.poisoned = poisoned;
    part.failure = failure;
    part.failingSinceNanos = failingSinceNanos;
    part.tries = tries;
    part.retryAtNanos = retryAtNanos;
    return part;
  }

  /** Each row given up, for one reason. */
  List<RejectedRow<R>> refusals(Rejection.Reason reason) {
    return rows.stream().map(row -> new RejectedRow<>(row, reason, failure)).toList();
  }
}
