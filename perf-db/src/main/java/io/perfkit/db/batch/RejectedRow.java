package io.perfkit.db.batch;

import io.perfkit.db.batch.Rejection.Reason;
import org.jspecify.annotations.Nullable;

/** An accepted row that is given up, and why. Immutable. */
record RejectedRow<R>(BufferedRow<R> row, Reason reason, @Nullable Throwable cause) {

  /** The form in which the rejection handler receives it. */
  Rejection<R> rejection() {
    return new Rejection<>(row.row, reason, cause);
  }
}
