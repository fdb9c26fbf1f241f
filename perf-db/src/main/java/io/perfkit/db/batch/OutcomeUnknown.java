package io.perfkit.db.batch;

import io.perfkit.db.DbException;
import org.jspecify.annotations.Nullable;

/**
 * The commit of a row that somebody waited for broke off, and nothing could tell whether it took
 * place: the row is in the table or not. Look for it there before it is written again.
 */
public final class OutcomeUnknown extends DbException {
  OutcomeUnknown(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
