package io.perfkit.db.batch;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** An accepted row that waits in the buffer, with its column values as of {@code add}. */
final class Pending<R> {
  final R row;

  /** In the order of the columns. */
  final @Nullable Object[] values;

  /** Absent where rows are only inserted. */
  final @Nullable RowKey key;

  /** Estimated size in bytes. */
  final int bytes;

  final long acceptedNanos;

  /** Its number in its queue, from 1. Guarded by the buffer's lock. */
  long number;

  /** Completed once the row is decided; null if no caller waits for that. */
  final @Nullable CompletableFuture<@Nullable Void> answer;

  Pending(R row, @Nullable Object[] values, @Nullable RowKey key, int bytes, long acceptedNanos) {
    this(row, values, key, bytes, acceptedNanos, null);
  }

  private Pending(
      R row,
      @Nullable Object[] values,
      @Nullable RowKey key,
      int bytes,
      long acceptedNanos,
      @Nullable CompletableFuture<@Nullable Void> answer) {
    this.row = row;
    this.values = values;
    this.key = key;
    this.bytes = bytes;
    this.acceptedNanos = acceptedNanos;
    this.answer = answer;
  }

  /** The same row with a caller that waits for its outcome. */
  Pending<R> answeredBy(CompletableFuture<@Nullable Void> stage) {
    return new Pending<>(row, values, key, bytes, acceptedNanos, stage);
  }
}
