package io.perfkit.db.pool;

import io.perfkit.db.internal.Timings;
import java.time.Duration;

/**
 * Percentiles of the time that callers waited for a connection, over the last half to whole minute.
 * The pool's thread advances it; any thread reads it.
 */
final class AcquireTimes {
  private static final long PERIOD_NANOS = Duration.ofSeconds(30).toNanos();

  private final CheckedOutConnections checkouts;
  private Timings atPreviousPeriod = Timings.NONE;
  private Timings atThisPeriod = Timings.NONE;
  private long periodStart;
  private volatile Percentiles last = new Percentiles(Duration.ZERO, Duration.ZERO, Duration.ZERO);

  AcquireTimes(CheckedOutConnections checkouts, long now) {
    this.checkouts = checkouts;
    this.periodStart = now;
  }

  /** The 50th, 95th and 99th percentile. */
  record Percentiles(Duration p50, Duration p95, Duration p99) {}

  /** Adds the acquires since the last call. */
  void advance(long now) {
    Timings all = checkouts.acquireTimes();
    if (now - periodStart >= PERIOD_NANOS) {
      atPreviousPeriod = atThisPeriod;
      atThisPeriod = all;
      periodStart = now;
    }
    Timings lately = all.since(atPreviousPeriod);
    last = new Percentiles(at(lately, 0.5), at(lately, 0.95), at(lately, 0.99));
  }

  Percentiles percentiles() {
    return last;
  }

  private static Duration at(Timings timings, double share) {
    return Duration.ofNanos((long) timings.percentile(share));
  }
}
