package io.perfkit.redis;

/**
 * How one client stands to Redis now. Immutable.
 *
 * @param client name of the client, as its meters are tagged
 * @param breaker whether calls are sent
 * @param waiting calls that wait in lanes now, and are not sent yet
 */
public record RedisHealth(String client, BreakerState breaker, int waiting) {

  /** Whether calls are sent. */
  public boolean healthy() {
    return breaker == BreakerState.CLOSED;
  }
}
