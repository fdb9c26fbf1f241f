package io.perfkit.db.internal;

import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReferenceArray;

/**
 * Log-linear histogram of durations: 32 buckets for each doubling, so a bucket's middle is at most
 * 1.6 % from any time in it. Allocates only the doublings that occur. Thread safe.
 */
public final class Histogram {
  private static final int BUCKETS = 32;

  /** Up to 2^42 ns, 73 minutes; longer times count as that. */
  private static final int OCTAVES = 38;

  private static final long MAX = (1L << 42) - 1;

  private final AtomicReferenceArray<AtomicLongArray> octaves = new AtomicReferenceArray<>(OCTAVES);

  /** Counts one duration; a negative one counts as zero. */
  public void record(long nanos) {
    long value = Math.min(Math.max(nanos, 0), MAX);
    int octave = octave(value);
    AtomicLongArray buckets = octaves.get(octave);
    (buckets == null ? make(octave) : buckets).getAndIncrement(bucket(value, octave));
  }

  private AtomicLongArray make(int octave) {
    AtomicLongArray made = new AtomicLongArray(BUCKETS);
    AtomicLongArray other = octaves.compareAndExchange(octave, null, made);
    return other == null ? made : other;
  }

  /**
   * Moves all counts into another histogram; a concurrent record is moved or stays, and counts
   * once.
   */
  public void drainTo(Histogram target) {
    for (int octave = 0; octave < OCTAVES; octave++) {
      AtomicLongArray buckets = octaves.get(octave);
      for (int bucket = 0; buckets != null && bucket < BUCKETS; bucket++) {
        long count = buckets.getAndSet(bucket, 0);
        if (count != 0) {
          AtomicLongArray others = target.octaves.get(octave);
          (others == null ? target.make(octave) : others).getAndAdd(bucket, count);
        }
      }
    }
  }

  /** Number of recorded durations. */
  public long count() {
    long count = 0;
    for (int octave = 0; octave < OCTAVES; octave++) {
      AtomicLongArray buckets = octaves.get(octave);
      for (int bucket = 0; buckets != null && bucket < BUCKETS; bucket++) {
        count += buckets.get(bucket);
      }
    }
    return count;
  }

  /** The durations recorded so far. */
  public Timings timings() {
    int first = 0;
    while (first < OCTAVES && octaves.get(first) == null) {
      first++;
    }
    int last = OCTAVES;
    while (last > first && octaves.get(last - 1) == null) {
      last--;
    }
    long[] counts = new long[(last - first) * BUCKETS];
    for (int octave = first; octave < last; octave++) {
      AtomicLongArray buckets = octaves.get(octave);
      for (int bucket = 0; buckets != null && bucket < BUCKETS; bucket++) {
        counts[(octave - first) * BUCKETS + bucket] = buckets.get(bucket);
      }
    }
    return new Timings(first * BUCKETS, counts);
  }

  /** 0 below 32 ns, then one more for each doubling. */
  private static int octave(long value) {
    return value < BUCKETS ? 0 : 59 - Long.numberOfLeadingZeros(value);
  }

  private static int bucket(long value, int octave) {
    return octave == 0 ? (int) value : (int) (value >>> (octave - 1)) - BUCKETS;
  }

  /** The middle of a bucket, in ns. */
  static double middle(int index) {
    int octave = index / BUCKETS;
    int bucket = index % BUCKETS;
    return octave == 0 ? bucket : (BUCKETS + bucket + 0.5) * (1L << (octave - 1));
  }
}
