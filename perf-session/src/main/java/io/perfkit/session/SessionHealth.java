package io.perfkit.session;

import io.perfkit.redis.BreakerState;

/**
 * Health of a manager at one moment. Immutable.
 *
 * @param breaker state of Redis's circuit breaker; always closed for sessions in process
 * @param full whether a manager in process has reached its limit of sessions, so that it creates
 *     none
 */
public record SessionHealth(BreakerState breaker, boolean full) {

  /** Whether calls go to Redis. */
  public boolean redisAvailable() {
    return breaker == BreakerState.CLOSED;
  }

  /** Whether sessions can be looked up and created. */
  public boolean healthy() {
    return redisAvailable() && !full;
  }
}
