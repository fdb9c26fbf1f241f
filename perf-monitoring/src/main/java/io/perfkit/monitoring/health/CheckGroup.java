package io.perfkit.monitoring.health;

/** What a check decides. */
public enum CheckGroup {
  /** Whether the instance gets requests now. */
  READINESS,
  /** Whether the instance has started; decided once. */
  STARTUP,
  /** Whether the process goes on: heartbeats alone. */
  LIVENESS
}
