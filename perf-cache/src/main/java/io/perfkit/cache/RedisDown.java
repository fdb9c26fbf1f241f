package io.perfkit.cache;

/**
 * Redis is down and the cache is told to fail then, by {@link OnRedisDown#FAIL}. Nothing was
 * loaded.
 */
public final class RedisDown extends CacheException {
  RedisDown(String message) {
    super(message, null);
  }
}
