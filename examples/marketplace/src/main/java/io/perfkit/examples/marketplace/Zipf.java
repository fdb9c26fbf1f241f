package io.perfkit.examples.marketplace;

import java.util.Arrays;
import java.util.random.RandomGenerator;

/**
 * Draws ranks from 0 with probability proportional to {@code 1 / (rank + 1)^exponent}. Immutable.
 */
public final class Zipf {
  private final double[] cumulated;

  /**
   * @param exponent 0 draws evenly; near 1 is what requests for pages and products show
   */
  public Zipf(int count, double exponent) {
    if (count < 1) {
      throw new IllegalArgumentException("count: " + count + " (expected: >= 1)");
    }
    cumulated = new double[count];
    double sum = 0;
    for (int rank = 0; rank < count; rank++) {
      sum += Math.pow(rank + 1, -exponent);
      cumulated[rank] = sum;
    }
  }

  /** A rank from 0 to {@code count - 1}. */
  public int next(RandomGenerator random) {
    double drawn = random.nextDouble() * cumulated[cumulated.length - 1];
    int found = Arrays.binarySearch(cumulated, drawn);
    int rank = found >= 0 ? found + 1 : -found - 1;
    return Math.min(rank, cumulated.length - 1);
  }

  /** An id from 1 to {@code count}; the popular ones are spread over the whole range. */
  public long nextId(RandomGenerator random) {
    return 1 + Math.floorMod(next(random) * PRIME, (long) cumulated.length);
  }

  /* Any prime that does not divide the count makes rank -> id a permutation. */
  private static final long PRIME = 7_919;
}
