package io.perfkit.monitoring.alert;

/** What of a meter a term reads: the last part of a name such as {@code http.requests.p95}. */
enum Function {
  /** The sum of gauges; the rate per second of counters and of the counts of timers. */
  DEFAULT(Double.NaN),
  COUNT(Double.NaN),
  RATE(Double.NaN),
  MEAN(Double.NaN),
  SUM(Double.NaN),
  MIN(Double.NaN),
  MAX(Double.NaN),
  P50(0.5),
  P95(0.95),
  P99(0.99);

  private final double percentile;

  Function(double percentile) {
    this.percentile = percentile;
  }

  double percentile() {
    return percentile;
  }

  boolean isPercentile() {
    return !Double.isNaN(percentile);
  }

  /** Samples without which it says little. */
  int minSamples() {
    return switch (this) {
      case P99 -> 100;
      case P50, P95 -> 20;
      case MEAN -> 1;
      default -> 0;
    };
  }
}
