package io.perfkit.cache;

import java.time.Duration;

/**
 * How one cache or structure, or all caches of one node, stand to Redis now. Immutable.
 *
 * @param redisAvailable whether commands are sent; false while Redis is taken for down
 * @param subscribed whether other nodes' messages are heard
 * @param heardAge how long ago everything published had been heard for certain
 * @param unsentInvalidations keys, tags and whole caches whose invalidation waits for Redis
 */
public record CacheHealth(
    boolean redisAvailable, boolean subscribed, Duration heardAge, int unsentInvalidations) {

  /** Whether both levels work and nothing waits. */
  public boolean healthy() {
    return redisAvailable && subscribed && unsentInvalidations == 0;
  }
}
