package io.perfkit.db.batch;

import java.util.concurrent.CompletableFuture;

/** What a caller waits for: the outcome of a row. Thread safe. */
final class Acknowledgement extends CompletableFuture<StoredRow> {
  /** What the last attempt wrote. The thread that writes sets it before the row is decided. */
  private StoredRow stored = StoredRow.NONE;

  void stored(StoredRow row) {
    stored = row;
  }

  /** Completes it once the row is decided, unless it has failed. */
  void committed() {
    complete(stored);
  }
}
