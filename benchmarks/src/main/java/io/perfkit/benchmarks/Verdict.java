package io.perfkit.benchmarks;

/** The last word of a figure's line. */
enum Verdict {
  PASS,
  FAIL,
  /** A smoke run: measured too briefly to be judged. */
  QUICK
}
