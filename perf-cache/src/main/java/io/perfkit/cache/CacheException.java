package io.perfkit.cache;

import org.jspecify.annotations.Nullable;

/** Root of this module's exceptions; a loader's exception reaches its caller as it is. */
public abstract class CacheException extends RuntimeException {
  /** An exception with a message that names the cache, and a cause if there is one. */
  protected CacheException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
