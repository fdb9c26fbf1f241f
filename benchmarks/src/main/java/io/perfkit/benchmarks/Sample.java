package io.perfkit.benchmarks;

import java.util.Arrays;

/**
 * One measure of one benchmark over all iterations of all forks. Immutable.
 *
 * @param count of the iterations
 */
record Sample(String unit, double median, double min, double max, int count) {

  /** NaN in one iteration makes all of the sample NaN. */
  static Sample of(String unit, double... scores) {
    double[] sorted = scores.clone();
    Arrays.sort(sorted); // NaN is last
    int count = sorted.length;
    if (count == 0 || Double.isNaN(sorted[count - 1])) {
      return new Sample(unit, Double.NaN, Double.NaN, Double.NaN, count);
    }
    double median = (sorted[(count - 1) / 2] + sorted[count / 2]) / 2;
    return new Sample(unit, median, sorted[0], sorted[count - 1], count);
  }
}
