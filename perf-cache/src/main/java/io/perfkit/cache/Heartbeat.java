package io.perfkit.cache;

import java.util.function.LongSupplier;

/**
 * The time until which this node has certainly heard every message of other nodes. Thread safe; one
 * thread writes.
 */
final class Heartbeat {
  private final boolean always;
  private volatile long lastNanos;

  private Heartbeat(boolean always, long lastNanos) {
    this.always = always;
    this.lastNanos = lastNanos;
  }

  /** The heartbeat of a node that has heard nothing yet. */
  static Heartbeat unheard(LongSupplier nanos) {
    return new Heartbeat(false, nanos.getAsLong() - java.time.Duration.ofDays(1).toNanos());
  }

  /** The heartbeat of a node without others. */
  static Heartbeat alone() {
    return new Heartbeat(true, 0);
  }

  /** Whether there is nothing to hear. */
  boolean isAlone() {
    return always;
  }

  /**
   * A time such that every message published before it has been applied here, or the copies that it
   * concerned have ended. Costs a volatile read.
   */
  long lastNanos() {
    return lastNanos;
  }

  void heard(long nanos) {
    lastNanos = nanos;
  }
}
