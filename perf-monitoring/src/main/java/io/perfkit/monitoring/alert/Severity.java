package io.perfkit.monitoring.alert;

/** How urgent an alert is. */
public enum Severity {
  /** To look at some time. */
  INFO,
  /** To look at today. */
  WARNING,
  /** To look at now. */
  CRITICAL
}
