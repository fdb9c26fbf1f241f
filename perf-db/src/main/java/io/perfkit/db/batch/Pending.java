package io.perfkit.db.batch;

import org.jspecify.annotations.Nullable;

/** An accepted row that waits in the buffer, with its column values as of {@code add}. */
class Pending<R> {
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

  Pending(
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
  @Nullable Answer answer() {
    return null;
  }

  /** The same row with a caller that waits for its outcome. */
  Pending<R> answeredBy(Answer stage) {
    return new Answered<>(this, stage);
  }

  /** The same row as the table takes it now. */
  Pending<R> recoded(ResolvedTable<R> now, @Nullable Object[] newValues, @Nullable RowKey newKey) {
    Pending<R> recoded = new Pending<>(now, row, newValues, newKey, bytes, acceptedNanos);
    Answer stage = answer();
    recoded = stage == null ? recoded : recoded.answeredBy(stage);
    recoded.number = number;
    return recoded;
  }

  private static final class Answered<R> extends Pending<R> {
    private final Answer answer;

    Answered(Pending<R> row, Answer answer) {
      super(row.table, row.row, row.values, row.key, row.bytes, row.acceptedNanos);
      this.answer = answer;
    }

    @Override
    Answer answer() {
      return answer;
    }
  }
}
