package io.perfkit.redis;

/**
 * Whether one client reaches Redis now, for a health check. Immutable.
 *
 * @param client name of the client, as its meters are tagged
 * @param breaker whether calls are sent
 * @param waiting calls that wait in lanes to be sent now
 */
public record RedisHealth(String client, BreakerState breaker, int waiting) {

  /** Whether calls are sent. */
  public boolean healthy() {
    return breaker == BreakerState.CLOSED;
  }
}
