package io.perfkit.db.pool;

import static java.util.concurrent.TimeUnit.MICROSECONDS;

import java.time.Duration;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;

/**
 * How long callers waited for a connection, over the last half to whole minute. Advanced by the
 * pool's thread, read by any.
 */
final class AcquireTimes {
  private static final long PERIOD_NANOS = Duration.ofSeconds(30).toNanos();

  private final Holdings holdings;
  private @Nullable Histogram interval;
  private Histogram current = new Histogram(2);
  private Histogram previous = new Histogram(2);
  private long periodStart;
  private volatile Percentiles last = new Percentiles(Duration.ZERO, Duration.ZERO, Duration.ZERO);

  AcquireTimes(Holdings holdings, long now) {
    this.holdings = holdings;
    this.periodStart = now;
  }

  /** Half, 95 % and 99 % of the acquires took at most that. */
  record Percentiles(Duration p50, Duration p95, Duration p99) {}

  /** Takes in what was acquired since the last call. */
  void advance(long now) {
    interval = holdings.acquiresSince(interval);
    current.add(interval);
    if (now - periodStart >= PERIOD_NANOS) {
      Histogram oldest = previous;
      previous = current;
      current = oldest;
      current.reset();
      periodStart = now;
    }
    Histogram both = previous.copy();
    both.add(current);
    last = new Percentiles(at(both, 50), at(both, 95), at(both, 99));
  }

  Percentiles percentiles() {
    return last;
  }

  private static Duration at(Histogram histogram, double percentile) {
    return histogram.getTotalCount() == 0
        ? Duration.ZERO
        : Duration.ofNanos(MICROSECONDS.toNanos(histogram.getValueAtPercentile(percentile)));
  }
}
