package io.perfkit.ratelimit;

import io.perfkit.redis.BreakerState;

/**
 * The state of a limiter. Immutable.
 *
 * @param breaker whether Redis decides: while its circuit breaker is closed, as it always is for a
 *     limiter in process
 * @param keys keys that this node counts itself now, or holds leases for
 * @param overflowing whether a policy has as many keys as {@link RateLimiterConfig#maxKeys} and
 *     {@link RateLimiterConfig#maxBytes} allow, so that its new keys share a counter
 */
public record RateLimiterHealth(BreakerState breaker, int keys, boolean overflowing) {

  /** Whether Redis is asked. */
  public boolean redisAvailable() {
    return breaker == BreakerState.CLOSED;
  }

  /** Whether each request is decided by its own counter, on Redis if the limiter uses it. */
  public boolean healthy() {
    return redisAvailable() && !overflowing;
  }
}
