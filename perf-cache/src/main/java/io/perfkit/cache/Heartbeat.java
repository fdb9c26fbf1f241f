package io.perfkit.cache;

import java.util.function.LongSupplier;

/**
 * Until when everything that other nodes published was heard for certain. Thread safe; one thread
 * writes.
 */
final class Heartbeat {
  private final boolean always;
  private volatile long lastNanos;

  private Heartbeat(boolean always, long lastNanos) {
    this.always = always;
    this.lastNanos = lastNanos;
  }

  /** Of a node that has heard nothing yet. */
  static Heartbeat unheard(LongSupplier nanos) {
    return new Heartbeat(false, nanos.getAsLong() - java.time.Duration.ofDays(1).toNanos());
  }

  /** Of a node without others. */
  static Heartbeat alone() {
    return new Heartbeat(true, 0);
  }

  /** Whether there is nothing to hear. */
  boolean isAlone() {
    return always;
  }

  /**
   * A time by which every message published before has done its work here, or the copies that it
   * concerned have ended. Costs a volatile read.
   */
  long lastNanos() {
    return lastNanos;
  }

  void heard(long nanos) {
    lastNanos = nanos;
  }
}
