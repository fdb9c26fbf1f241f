package io.perfkit.examples.marketplace.load;

import java.time.Duration;
import java.util.Map;
import org.HdrHistogram.AbstractHistogram;
import org.HdrHistogram.Histogram;

/**
 * What a load came to.
 *
 * @param latencyMicros of every planned request, from its intended start to its answer; for a
 *     request without one, to the moment at which it was given up
 * @param byOperation the same, of each operation that was asked for
 * @param succeeded answered with a status below 400
 * @param refused answered with a status from 400 to 499
 * @param broken answered with a status from 500 on, or not at all when the time was over
 * @param elapsed from the first intended start to the last answer
 */
record LoadResult(
    Histogram latencyMicros,
    Map<Operation, ? extends AbstractHistogram> byOperation,
    long succeeded,
    long refused,
    long broken,
    Duration elapsed) {

  /** Whatever did not succeed. */
  long failed() {
    return refused + broken;
  }

  double meanMillis() {
    return latencyMicros.getMean() / 1_000;
  }

  /** NaN if nobody asked for it. */
  double meanMillis(Operation operation) {
    AbstractHistogram latencies = byOperation.get(operation);
    return latencies == null ? Double.NaN : latencies.getMean() / 1_000;
  }

  double percentileMillis(double percentile) {
    return latencyMicros.getValueAtPercentile(percentile) / 1_000.0;
  }

  /** Successful answers per second. */
  double reachedPerSecond() {
    return succeeded * 1e9 / Math.max(1, elapsed.toNanos());
  }

  double refusedPercent() {
    return percent(refused);
  }

  double brokenPercent() {
    return percent(broken);
  }

  private double percent(long requests) {
    return 100.0 * requests / Math.max(1, succeeded + failed());
  }
}
