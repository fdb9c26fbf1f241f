package io.perfkit.db.batch;

import org.jspecify.annotations.Nullable;

/** An accepted row, with the values of its columns as they were then. Immutable. */
final class Pending<R> {
  final R row;

  /** In the order of the columns. */
  final @Nullable Object[] values;

  /** Absent where rows are only inserted. */
  final @Nullable RowKey key;

  /** About what it takes. */
  final int bytes;

  final long acceptedNanos;

  Pending(R row, @Nullable Object[] values, @Nullable RowKey key, int bytes, long acceptedNanos) {
    this.row = row;
    this.values = values;
    this.key = key;
    this.bytes = bytes;
    this.acceptedNanos = acceptedNanos;
  }
}
