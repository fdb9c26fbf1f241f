package io.perfkit.cache;

import org.jspecify.annotations.Nullable;

/**
 * A shared structure rejected an operation: it is full, its key holds another type, or Redis
 * refused a command. Nothing was changed, unless the cause names a missing permission: a script may
 * have run up to that command.
 */
public final class SharedRejected extends CacheException {
  SharedRejected(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
