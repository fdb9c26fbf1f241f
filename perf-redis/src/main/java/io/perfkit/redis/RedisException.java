package io.perfkit.redis;

import org.jspecify.annotations.Nullable;

/** Root of this module's exceptions; each subclass names the part that failed. */
public abstract class RedisException extends RuntimeException {
  RedisException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
