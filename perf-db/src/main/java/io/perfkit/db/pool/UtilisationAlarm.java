package io.perfkit.db.pool;

/**
 * Raises and clears the utilisation alert with hysteresis, window by window: {@link
 * UtilisationRule} as a state machine. One thread at a time.
 */
final class UtilisationAlarm {
  private final UtilisationRule rule;
  private long busy;
  private long calm;
  private volatile boolean raised;

  UtilisationAlarm(UtilisationRule rule) {
    this.rule = rule;
  }

  /** Adds one window; returns whether it raised or cleared the alert. */
  boolean offer(double utilisation) {
    long kept = -1L >>> (Long.SIZE - rule.windows());
    busy = (busy << 1 | (utilisation >= rule.raiseAt() ? 1 : 0)) & kept;
    calm = (calm << 1 | (utilisation <= rule.clearAt() ? 1 : 0)) & kept;
    boolean changes = Long.bitCount(raised ? calm : busy) >= rule.hits();
    if (changes) {
      raised = !raised;
      busy = 0;
      calm = 0;
    }
    return changes;
  }

  boolean raised() {
    return raised;
  }
}
