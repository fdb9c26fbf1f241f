package io.perfkit.ratelimit;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A lease: permits that one node may spend by itself until a deadline of its own clock. Thread
 * safe.
 *
 * <p>A thread takes a permit first and reads the clock then: if it was suspended in between, it
 * finds the deadline passed, and the permit is lost rather than spent too late.
 */
final class Lease {
  /** Returned if there are too few permits, or if the lease has ended. */
  static final long REFUSED = -1;

  private final AtomicLong left;
  private volatile long deadline;

  Lease(long permits, long deadlineNanos) {
    this.left = new AtomicLong(permits);
    this.deadline = deadlineNanos;
  }

  /** Takes permits; returns how many are left, or {@link #REFUSED}. */
  long take(long permits, LongSupplier nanos) {
    long before = left.get();
    while (before >= permits) {
      long seen = left.compareAndExchange(before, before - permits);
      if (seen == before) {
        return nanos.getAsLong() - deadline < 0 ? before - permits : REFUSED;
      }
      before = seen;
    }
    return REFUSED;
  }

  boolean live(long now) {
    return now - deadline < 0;
  }

  long left() {
    return left.get();
  }

  /** Takes all permits that are left. */
  long drain() {
    return left.getAndSet(0);
  }

  /** Adds permits, and sets a later deadline for all, which is therefore written first. */
  void extend(long permits, long deadlineNanos) {
    deadline = deadlineNanos;
    left.addAndGet(permits);
  }

  /** Puts back permits that no request has counted as spent. */
  void putBack(long permits) {
    left.addAndGet(permits);
  }
}
