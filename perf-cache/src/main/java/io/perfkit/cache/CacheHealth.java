package io.perfkit.cache;

import io.perfkit.redis.BreakerState;
import java.time.Duration;

/**
 * Health of one cache or structure, or of all caches of one node. Immutable.
 *
 * @param breaker whether commands are sent to Redis: while it is closed
 * @param subscribed whether other nodes' messages are heard
 * @param heartbeatAge how long ago this node had certainly heard every published message
 * @param unsentInvalidations keys, tags and whole caches whose invalidation waits for Redis
 */
public record CacheHealth(
    BreakerState breaker, boolean subscribed, Duration heartbeatAge, int unsentInvalidations) {

  /** The health of caches that need no Redis. */
  static final CacheHealth ALONE = new CacheHealth(BreakerState.CLOSED, true, Duration.ZERO, 0);

  /** Whether commands are sent to Redis. */
  public boolean redisAvailable() {
    return breaker == BreakerState.CLOSED;
  }

  /** Whether both levels work and nothing waits. */
  public boolean healthy() {
    return redisAvailable() && subscribed && unsentInvalidations == 0;
  }
}
