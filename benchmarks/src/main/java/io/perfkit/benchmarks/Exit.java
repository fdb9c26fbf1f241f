package io.perfkit.benchmarks;

/** How a run ended, from good to bad. */
enum Exit {
  /** Each figure met its target, or none was judged. */
  PASSED(0),
  /** A line says FAIL. */
  FAILED(1),
  /** No area, or one that does not exist, was asked for. */
  UNKNOWN_AREA(2),
  /** A figure has no numbers, because a benchmark failed or could not run. */
  BROKEN(3);

  private final int code;

  Exit(int code) {
    this.code = code;
  }

  /** Of the process. */
  int code() {
    return code;
  }
}
