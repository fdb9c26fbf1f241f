package io.perfkit.monitoring.alert;

/** What one evaluation of a rule found; of several conditions the last of these counts. */
enum Verdict {
  /** The value is beyond the threshold. */
  BREACH,
  /** The value is between the threshold and the resolve threshold. */
  BETWEEN,
  /** There is no value, or there are too few samples. */
  NO_DATA,
  /** The value is on the good side of the resolve threshold. */
  CLEAR
}
