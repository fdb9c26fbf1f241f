package io.perfkit.db.pool;

import static java.lang.Math.max;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Tracks nested acquires: threads that ask for a connection while they hold others. If together
 * they hold all connections of the pool, they deadlock. Thread safe, except {@link #advance}.
 */
final class NestedAcquires {
  /** Observations are forgotten after one to two of these periods. */
  static final long PERIOD_NANOS = Duration.ofMinutes(5).toNanos();

  private final LongAdder total = new LongAdder();
  private final AtomicInteger maxNesting = new AtomicInteger(1);
  private final AtomicInteger heldNow = new AtomicInteger();
  private final AtomicInteger peak = new AtomicInteger();
  private volatile int previousPeak;
  private long periodStart;

  NestedAcquires(long now) {
    this.periodStart = now;
  }

  /** A thread that holds {@code held} connections asks for another. */
  void begin(int held) {
    total.increment();
    maxNesting.accumulateAndGet(held + 1, Math::max);
    peak.accumulateAndGet(heldNow.addAndGet(held), Math::max);
  }

  /** The thread got one, or failed. */
  void end(int held) {
    heldNow.addAndGet(-held);
  }

  /** Forgets old observations. One thread at a time. */
  void advance(long now) {
    if (now - periodStart >= PERIOD_NANOS) {
      periodStart = now;
      previousPeak = peak.getAndSet(0);
      peak.accumulateAndGet(heldNow.get(), Math::max); // these still wait
    }
  }

  /**
   * One connection more than threads that waited for another were seen to hold at one moment of the
   * last 5 to 10 minutes: with as many, one of them goes on.
   */
  int floor() {
    return max(peak.get(), previousPeak) + 1;
  }

  /** Times that a thread asked for a connection while it held one. */
  long total() {
    return total.sum();
  }

  /** Most connections that one thread held or asked for at once. */
  int maxNesting() {
    return maxNesting.get();
  }
}
