package io.perfkit.cache;

import java.time.Duration;

/**
 * The time to live of an entry, and the grace period after it in which the entry is stale but kept.
 *
 * @param left until it expires; zero or less once it has
 * @param total from its start
 * @param grace how long the entry stays after it has expired, for when no newer value can be had
 */
record Ttl(Duration left, Duration total, Duration grace) {
  /** The TTL of an entry that is made now. */
  static Ttl of(Duration total, Duration grace) {
    return new Ttl(total, total, grace);
  }

  boolean isExpired() {
    return left.isNegative() || left.isZero();
  }

  boolean isExpiredForAtMost(Duration time) {
    return left.plus(time).compareTo(Duration.ZERO) >= 0;
  }

  /** This TTL after some time has passed. */
  Ttl after(Duration time) {
    return new Ttl(left.minus(time), total, grace);
  }

  /** Time until the entry is gone. */
  Duration leftWithGrace() {
    return left.plus(grace);
  }
}
