package io.perfkit.monitoring.health;

/** What is known of a check or a group of checks. */
public enum HealthStatus {
  /** Works. */
  UP,
  /** Does not work. */
  DOWN,
  /** Nothing is known, or nothing recent: a probe counts this as down. */
  UNKNOWN
}
