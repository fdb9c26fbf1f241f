package io.perfkit.db.batch;

import io.perfkit.db.DbException;
import org.jspecify.annotations.Nullable;

/**
 * The connection broke during the commit of a row that a caller waits for, and nothing could tell
 * whether the commit took place. The row may be in the table: look for it before writing it again.
 */
public final class OutcomeUnknown extends DbException {
  OutcomeUnknown(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
