package io.perfkit.monitoring.alert;

/** Where an alert stands. */
public enum AlertState {
  /** The condition does not hold. */
  INACTIVE,
  /** The condition holds, for less than the time of the rule so far. */
  PENDING,
  /** The alert is raised. */
  FIRING,
  /** It was raised and resolved so often that a sink is not notified of each change. */
  FLAPPING
}
