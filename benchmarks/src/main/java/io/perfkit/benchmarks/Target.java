package io.perfkit.benchmarks;

/**
 * The bound that a figure keeps. Immutable.
 *
 * @param atMost whether {@code bound} is the greatest allowed number, or else the least
 */
record Target(boolean atMost, double bound) {

  Target {
    if (!Double.isFinite(bound)) {
      throw new IllegalArgumentException("bound: " + bound + " (expected: a finite number)");
    }
  }

  static Target atMost(double bound) {
    return new Target(true, bound);
  }

  static Target atLeast(double bound) {
    return new Target(false, bound);
  }

  /** A number that is not finite says that nothing was measured: it is never met. */
  boolean isMetBy(double ratio) {
    return Double.isFinite(ratio) && (atMost ? ratio <= bound : ratio >= bound);
  }

  /** {@code <=1.25} or {@code >=6}. */
  @Override
  public String toString() {
    return (atMost ? "<=" : ">=") + Numbers.text(bound);
  }
}
