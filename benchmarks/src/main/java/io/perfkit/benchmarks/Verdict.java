package io.perfkit.benchmarks;

/** The last word of a figure's line. */
enum Verdict {
  PASS,
  FAIL,
  /**
   * Missed, and the floor of the figure misses it too: information about the peer, not about ours.
   */
  INFO,
  /** A smoke run: measured too briefly to be judged. */
  QUICK
}
