package io.perfkit.cache;

import org.jspecify.annotations.Nullable;

/**
 * A shared structure did not take an operation: there is no room for it, or something else stands
 * at its key. Nothing was changed.
 */
public final class SharedRejected extends CacheException {
  SharedRejected(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
