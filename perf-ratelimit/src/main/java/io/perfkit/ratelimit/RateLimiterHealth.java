package io.perfkit.ratelimit;

/**
 * How a limiter stands now. Immutable.
 *
 * @param redisAvailable whether Redis is asked; false while it is taken for down; true in process
 * @param keys that this node counts by itself now
 * @param overflowing whether {@link RateLimiterConfig#keysMax} is reached, so that new keys share a
 *     count
 */
public record RateLimiterHealth(boolean redisAvailable, int keys, boolean overflowing) {

  /** Whether every key is counted, by whom it should be. */
  public boolean healthy() {
    return redisAvailable && !overflowing;
  }
}
