package io.perfkit.session;

import static java.util.Objects.requireNonNull;

import io.perfkit.redis.BreakerState;

/**
 * Health of a manager at one moment. Immutable.
 *
 * @param breaker state of Redis's circuit breaker; always closed for sessions in process
 * @param evictionPolicy maxmemory-policy of Redis, as the last sweep of this manager's own thread
 *     found it; {@code unknown} before that, if Redis does not tell, and in process. With any other
 *     than {@code noeviction} Redis logs users out when it is full
 * @param full whether a manager in process has reached its limit of sessions, so that it creates
 *     none
 */
public record SessionHealth(BreakerState breaker, String evictionPolicy, boolean full) {
  /** The policy of a Redis that does not tell it. */
  public static final String UNKNOWN = "unknown";

  public SessionHealth {
    requireNonNull(breaker, "breaker");
    requireNonNull(evictionPolicy, "evictionPolicy");
  }

  /** Whether calls go to Redis. */
  public boolean redisAvailable() {
    return breaker == BreakerState.CLOSED;
  }

  /** Whether sessions can be looked up and created. */
  public boolean healthy() {
    return redisAvailable() && !full;
  }
}
