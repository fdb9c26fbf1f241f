package io.perfkit.db.batch;

import org.jspecify.annotations.Nullable;

/** An accepted row that waits in the buffer, with its column values as of {@code add}. */
class BufferedRow<R> {
  /** What the database said of the table when the row was read. */
  final ResolvedTable<R> table;

  final R row;

  /** In the order of the columns. */
  final @Nullable Object[] values;

  /** Absent where rows are only inserted. */
  final @Nullable RowKey key;

  /** Estimated size in bytes. */
  final int bytes;

  final long acceptedNanos;

  /** Its number in its queue, from 1. Guarded by the buffer's lock until it is taken. */
  long number;

  BufferedRow(
      ResolvedTable<R> table,
      R row,
      @Nullable Object[] values,
      @Nullable RowKey key,
      int bytes,
      long acceptedNanos) {
    this.table = table;
    this.row = row;
    this.values = values;
    this.key = key;
    this.bytes = bytes;
    this.acceptedNanos = acceptedNanos;
  }

  /** Completed once the row is decided; null if no caller waits for that. */
  @Nullable Acknowledgement answer() {
    return null;
  }

  /** The same row with a caller that waits for its outcome. */
  BufferedRow<R> answeredBy(Acknowledgement stage) {
    return new Answered<>(this, stage);
  }

  /** The same row as the table takes it now. */
  BufferedRow<R> recoded(
      ResolvedTable<R> now, @Nullable Object[] newValues, @Nullable RowKey newKey) {
    BufferedRow<R> recoded = new BufferedRow<>(now, row, newValues, newKey, bytes, acceptedNanos);
    Acknowledgement stage = answer();
    recoded = stage == null ? recoded : recoded.answeredBy(stage);
    recoded.number = number;
    return recoded;
  }

  private static final class Answered<R> extends BufferedRow<R> {
    private final Acknowledgement answer;

    Answered(BufferedRow<R> row, Acknowledgement answer) {
      super(row.table, row.row, row.values, row.key, row.bytes, row.acceptedNanos);
      this.answer = answer;
    }

    @Override
    Acknowledgement answer() {
      return answer;
    }
  }
}
