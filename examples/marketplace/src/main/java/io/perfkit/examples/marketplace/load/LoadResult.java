package io.perfkit.examples.marketplace.load;

import java.time.Duration;
import org.HdrHistogram.Histogram;

/**
 * What a load came to.
 *
 * @param latencyMicros of every planned request, from its intended start to its answer; for a
 *     request without one, to the moment at which it was given up
 * @param succeeded answered with a status below 400
 * @param failed refused, broken, or given up when the time was over
 * @param elapsed from the first intended start to the last answer
 */
record LoadResult(Histogram latencyMicros, long succeeded, long failed, Duration elapsed) {
  double meanMillis() {
    return latencyMicros.getMean() / 1_000;
  }

  double percentileMillis(double percentile) {
    return latencyMicros.getValueAtPercentile(percentile) / 1_000.0;
  }

  /** Successful answers per second. */
  double reachedPerSecond() {
    return succeeded * 1e9 / Math.max(1, elapsed.toNanos());
  }
}
