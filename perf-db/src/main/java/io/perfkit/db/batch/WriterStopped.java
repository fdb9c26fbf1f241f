package io.perfkit.db.batch;

import io.perfkit.db.DbException;

/**
 * The database refuses the statement itself, for any row, so the writer has stopped. This row was
 * not accepted; the rows accepted before are handed back by {@link BatchWriter#close}, or rejected
 * if a caller waits for them.
 */
public final class WriterStopped extends DbException {
  WriterStopped(String message, Throwable cause) {
    super(message, cause);
  }
}
