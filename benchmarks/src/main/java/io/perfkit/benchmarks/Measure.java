package io.perfkit.benchmarks;

import static java.util.Objects.requireNonNull;

/**
 * What a figure reads from a benchmark. Immutable.
 *
 * @param label of the JMH result
 * @param unit that the result must have, so that a benchmark in the wrong mode is not judged
 */
record Measure(String label, String unit) {

  /** Nanoseconds per operation: a benchmark in {@code AverageTime}, in nanoseconds. */
  static final Measure TIME = new Measure(Samples.SCORE, "ns/op");

  /** Operations per second over all threads: a benchmark in {@code Throughput}. */
  static final Measure THROUGHPUT = new Measure(Samples.SCORE, "ops/s");

  /** Bytes allocated per operation by all threads of the JVM. */
  static final Measure BYTES = new Measure("gc.alloc.rate.norm", "B/op");

  /**
   * Fewer bytes per operation are no allocation by the operation. The smallest object has 16, so at
   * most one operation in 16 can have made one. What is below are JMH's own kilobytes per
   * iteration, and the task by which a bounded Caffeine, a raw one too, now and then drains its
   * read buffers: 0.1 on an idle machine, up to 0.6 seen on a busy one.
   */
  static final double BYTES_MIN = 1;

  /** The JVM lays objects out in steps of so many bytes. */
  private static final int BYTES_STEP = 8;

  Measure {
    requireNonNull(label, "label");
    requireNonNull(unit, "unit");
  }

  /** A field of a JMH {@code @AuxCounters(EVENTS)} state, counted over one iteration. */
  static Measure events(String field) {
    return new Measure(field, "#");
  }

  /**
   * The number that is compared and judged: the median, and of bytes what an operation can have
   * allocated. So 0.6 B are none and 32.04 B are 32; 36 B stay, since they may be 32 and 40 in
   * turn.
   */
  double judged(Sample sample) {
    double median = sample.median();
    double whole = Math.floor(median / BYTES_STEP) * BYTES_STEP;
    return equals(BYTES) && median - whole < BYTES_MIN ? whole : median;
  }
}
