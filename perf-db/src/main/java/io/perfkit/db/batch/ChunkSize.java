package io.perfkit.db.batch;

import java.util.Arrays;

/**
 * How many rows of a backlog go into one transaction. Doubles while that makes a row cheaper by a
 * twentieth at least and the transaction stays below {@value #TARGET_NANOS} ns; halves when it
 * takes twice as long, or when the database says that it was too much. What a row costs is the
 * median of three transactions, so that one which was lucky or not decides nothing. One thread at a
 * time.
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

  /** A transaction went well; one that was not full says nothing about its size. */
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

  /** A transaction of this size timed out or ran into others. */
  void tooMany() {
    rows = Math.max(least, rows / 2);
    nanosPerRowBefore = Double.POSITIVE_INFINITY;
    looks = 0;
  }
}
