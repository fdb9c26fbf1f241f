package io.perfkit.cache;

import org.jspecify.annotations.Nullable;

/**
 * Redis is down, and the cache is told to fail then, by {@link OnRedisDown#FAIL}, so nothing was
 * loaded; or a shared structure could not be read or written without it.
 */
public final class RedisDown extends CacheException {
  RedisDown(String message) {
    this(message, null);
  }

  RedisDown(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
