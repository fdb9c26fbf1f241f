package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;

import io.perfkit.db.DbException;
import org.jspecify.annotations.Nullable;

/**
 * A row that a caller waits for was given up: it is not in the table. The cause is the database's
 * last error, if there was one; its message may quote values of the row.
 */
public final class RowRejected extends DbException {
  private final Rejection.Reason reason;

  RowRejected(String message, Rejection.Reason reason, @Nullable Throwable cause) {
    super(message, cause);
    this.reason = requireNonNull(reason, "reason");
  }

  /** Why the row was given up; never {@link Rejection.Reason#OUTCOME_UNKNOWN}. */
  public Rejection.Reason reason() {
    return reason;
  }
}
