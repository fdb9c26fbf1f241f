package io.perfkit.monitoring.alert;

/**
 * A value with what it rests on. Immutable.
 *
 * @param samples events in the window, {@link Double#POSITIVE_INFINITY} for a gauge
 */
record Reading(double value, double samples) {
  static final Reading NONE = new Reading(Double.NaN, 0);

  boolean isMissing() {
    return Double.isNaN(value);
  }
}
