package io.perfkit.monitoring.alert;

/** What a rule makes of an evaluation that finds no value, or too few samples. */
public enum NoData {
  /** The alert stays as it is, and after {@link AlertConfig#noDataAfter} counts as resolved. */
  HOLD,
  /** The condition does not hold. */
  OK,
  /** The condition holds. */
  ALERT
}
