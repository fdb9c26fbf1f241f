package io.perfkit.monitoring.weave;

/**
 * How many calls of a monitored method are timed. Those that are not timed are counted by outcome,
 * unless the method is switched off. Immutable.
 *
 * @param calls one of so many calls is timed, chosen at random: a power of two up to 65536; 0: off,
 *     the call is then the plain call
 */
public record Sampling(int calls) {
  private static final int MAX = 65_536;

  /** Checks the rule. */
  public Sampling {
    if (calls < 0 || calls > MAX || Integer.bitCount(calls) > 1) {
      throw new IllegalArgumentException(
          "calls: " + calls + " (expected: 0, or a power of two up to " + MAX + ")");
    }
  }

  /** Times every call. */
  public static Sampling all() {
    return new Sampling(1);
  }

  /** Neither times nor counts. */
  public static Sampling off() {
    return new Sampling(0);
  }

  /** Times one of so many calls. */
  public static Sampling oneIn(int calls) {
    if (calls < 1) {
      throw new IllegalArgumentException("calls: " + calls + " (expected: at least 1)");
    }
    return new Sampling(calls);
  }
}
