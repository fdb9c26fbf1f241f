package io.perfkit.ratelimit;

import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Permits that one node may spend by itself until a deadline of its own clock. Thread safe.
 *
 * <p>A permit is taken first and the clock read then: a thread that stood still in between finds
 * the deadline passed, and the permit is lost rather than spent too late.
 */
final class Lease {
  /** Instead of what is left: the permits were not there, or too late. */
  static final long REFUSED = -1;

  private final AtomicLong left;
  private volatile long deadline;

  Lease(long permits, long deadlineNanos) {
    this.left = new AtomicLong(permits);
    this.deadline = deadlineNanos;
  }

  /** What is left after {@code permits} were taken, or {@link #REFUSED}. */
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

  /** Takes all that is left. */
  long drain() {
    return left.getAndSet(0);
  }

  /** More permits, and for all of them a later deadline, which therefore comes first. */
  void extend(long permits, long deadlineNanos) {
    deadline = deadlineNanos;
    left.addAndGet(permits);
  }

  /** Puts permits back that no request has counted as spent. */
  void putBack(long permits) {
    left.addAndGet(permits);
  }
}
