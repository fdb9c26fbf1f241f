package io.perfkit.db.batch;

import java.util.List;

/**
 * One row of a statement, with the accepted rows that it writes. Immutable.
 *
 * @param effective its values: those of the only row, of the last one, or of all merged
 * @param from the accepted rows behind it, in their order: several of one key
 */
record MergedRow<R>(BufferedRow<R> effective, List<BufferedRow<R>> from) {
  MergedRow {
    from = List.copyOf(from);
  }

  static <R> MergedRow<R> of(BufferedRow<R> pending) {
    return new MergedRow<>(pending, List.of(pending));
  }

  /** Whether a caller waits for one of its accepted rows. */
  boolean isAnswered() {
    return from.stream().anyMatch(row -> row.answer() != null);
  }

  /** Keeps what the database reports of it for the callers that wait. */
  void stored(StoredRow stored) {
    for (BufferedRow<R> row : from) {
      Acknowledgement answer = row.answer();
      if (answer != null) {
        answer.stored(stored);
      }
    }
  }

  /** Whether the two may have one key. */
  boolean mayReplace(MergedRow<R> earlier) {
    return RowKey.mayBeEqual(earlier.effective.key, effective.key);
  }
}
