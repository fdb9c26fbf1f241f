package io.perfkit.session;

import io.perfkit.redis.BreakerState;

/**
 * How a manager stands now. Immutable.
 *
 * @param breaker whether Redis is asked: while its circuit breaker is closed, as it always is for
 *     sessions in process
 * @param full whether a manager in process holds as many sessions as it may, so that it makes none
 */
public record SessionHealth(BreakerState breaker, boolean full) {

  /** Whether Redis is asked. */
  public boolean redisAvailable() {
    return breaker == BreakerState.CLOSED;
  }

  /** Whether sessions can be found and made. */
  public boolean healthy() {
    return redisAvailable() && !full;
  }
}
