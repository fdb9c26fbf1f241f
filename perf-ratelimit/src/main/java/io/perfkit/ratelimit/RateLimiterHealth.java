package io.perfkit.ratelimit;

/**
 * The state of a limiter. Immutable.
 *
 * @param redisAvailable whether Redis decides; false while its circuit breaker is open; true for a
 *     limiter in process
 * @param keys keys that this node counts itself now, or holds leases for
 * @param overflowing whether {@link RateLimiterConfig#maxKeys} is reached, so that new keys share a
 *     counter
 */
public record RateLimiterHealth(boolean redisAvailable, int keys, boolean overflowing) {

  /** Whether each request is decided by its own counter, on Redis if the limiter uses it. */
  public boolean healthy() {
    return redisAvailable && !overflowing;
  }
}
