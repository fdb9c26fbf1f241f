package io.perfkit.db.batch;

import java.util.Arrays;

/**
 * Adapts the number of rows in one transaction while a backlog waits. Doubles it while that makes a
 * row at least a twentieth cheaper and the transaction stays below {@value #TARGET_NANOS} ns;
 * halves it when the transaction takes twice as long, or when the database reports that it was too
 * much. The cost of a row is the median of three transactions, so that a single outlier decides
 * nothing. One thread at a time.
 */
final class ChunkSize {
  static final long TARGET_NANOS = 200_000_000;
  private static final double GAIN = 0.95;
  private static final int LOOKS = 3;

  private final int least;
  private final int greatest;
  private final double[] nanosPerRow = new double[LOOKS];
  private int looks;
  private double nanosPerRowBefore = Double.POSITIVE_INFINITY; // with half as many rows
  private volatile int rows;

  ChunkSize(int least, int greatest) {
    this.least = least;
    this.greatest = greatest;
    this.rows = least;
  }

  int rows() {
    return rows;
  }

  /** Records a committed transaction; one that was not full says nothing about the size. */
  void written(int count, long nanos) {
    if (count < rows) {
      return;
    }
    if (nanos > 2 * TARGET_NANOS) {
      tooMany();
      return;
    }
    nanosPerRow[looks++] = (double) nanos / count;
    if (looks == LOOKS) {
      looks = 0;
      Arrays.sort(nanosPerRow);
      double median = nanosPerRow[LOOKS / 2];
      if (median < nanosPerRowBefore * GAIN && median * rows < TARGET_NANOS) {
        nanosPerRowBefore = median;
        rows = Math.min(greatest, rows * 2);
      }
    }
  }

  /** Records a transaction of this size that timed out or conflicted with others. */
  void tooMany() {
    rows = Math.max(least, rows / 2);
    nanosPerRowBefore = Double.POSITIVE_INFINITY;
    looks = 0;
  }
}
