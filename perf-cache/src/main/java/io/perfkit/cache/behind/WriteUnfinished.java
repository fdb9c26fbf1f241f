package io.perfkit.cache.behind;

import io.perfkit.cache.CacheException;
import org.jspecify.annotations.Nullable;

/**
 * A write was given up before it had all its attempts: its {@link WriteBehind} was closed, or the
 * thread that would have written it was interrupted. Unless the message says otherwise it may have
 * been committed.
 */
public final class WriteUnfinished extends CacheException {
  WriteUnfinished(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
