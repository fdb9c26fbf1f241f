package io.perfkit.db.batch;

/**
 * How many rows of a backlog go into one transaction. Doubles while that makes a row cheaper by a
 * twentieth at least and the transaction stays below {@value #TARGET_NANOS} ns; halves when it
 * takes twice as long, or when the database says that it was too much. One thread at a time.
 */
final class ChunkSize {
  static final long TARGET_NANOS = 200_000_000;
  private static final double GAIN = 0.95;

  private final int least;
  private final int greatest;
  private volatile int rows;
  private double bestNanosPerRow = Double.POSITIVE_INFINITY;

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
    double nanosPerRow = (double) nanos / count;
    if (nanos > 2 * TARGET_NANOS) {
      tooMany();
    } else if (nanosPerRow < bestNanosPerRow * GAIN && nanos < TARGET_NANOS) {
      bestNanosPerRow = nanosPerRow;
      rows = Math.min(greatest, rows * 2);
    }
  }

  /** A transaction of this size timed out or ran into others. */
  void tooMany() {
    rows = Math.max(least, rows / 2);
    bestNanosPerRow = Double.POSITIVE_INFINITY;
  }
}
