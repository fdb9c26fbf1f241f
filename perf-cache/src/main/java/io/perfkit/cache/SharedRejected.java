package io.perfkit.cache;

import org.jspecify.annotations.Nullable;

/**
 * A shared structure did not take an operation: there is no room for it, something else stands at
 * its key, or Redis refused a command. Nothing was changed, unless the cause names a permission
 * that is missing: a script may have got as far as that.
 */
public final class SharedRejected extends CacheException {
  SharedRejected(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
