package io.perfkit.db.internal;

import java.util.Arrays;

/** Snapshot of a {@link Histogram}. Immutable. */
public final class Timings {
  /** Nothing recorded. */
  public static final Timings NONE = new Timings(0, new long[0]);

  private final int offset;
  private final long[] counts;

  /**
   * Takes over the array.
   *
   * @param offset the bucket of the first count
   */
  Timings(int offset, long[] counts) {
    this.offset = offset;
    this.counts = counts;
  }

  /** Number of durations. */
  public long count() {
    return Arrays.stream(counts).sum();
  }

  /**
   * The percentile in ns; 0 if there are no durations.
   *
   * @param share above 0, up to 1
   */
  public double percentile(double share) {
    long wanted = (long) Math.ceil(count() * share);
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (counts[i] != 0 && seen >= wanted) {
        return Histogram.middle(offset + i);
      }
    }
    return 0;
  }

  /** The mean in ns; 0 if there are none. */
  public double mean() {
    return sum(1, false) / Math.max(1, count());
  }

  /** Mean of the logarithm of the durations, because they spread by factors. */
  public double meanOfLog() {
    return sum(1, true) / Math.max(1, count());
  }

  /** The variance of that logarithm. */
  public double varianceOfLog() {
    double mean = meanOfLog();
    return Math.max(0, sum(2, true) / Math.max(1, count()) - mean * mean);
  }

  private double sum(int power, boolean logarithm) {
    double sum = 0;
    for (int i = 0; i < counts.length; i++) {
      if (counts[i] != 0) {
        double middle = Histogram.middle(offset + i);
        sum += counts[i] * Math.pow(logarithm ? Math.log(Math.max(1, middle)) : middle, power);
      }
    }
    return sum;
  }

  /** The durations recorded since {@code earlier}, an earlier snapshot of the same histogram. */
  public Timings since(Timings earlier) {
    long[] left = counts.clone();
    for (int i = 0; i < earlier.counts.length; i++) {
      int index = earlier.offset + i - offset;
      if (index >= 0 && index < left.length) {
        left[index] = Math.max(0, left[index] - earlier.counts[i]);
      }
    }
    return new Timings(offset, left);
  }
}
