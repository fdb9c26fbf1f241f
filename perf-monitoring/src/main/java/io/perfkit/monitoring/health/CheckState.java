package io.perfkit.monitoring.health;

/**
 * What the results of one check so far say, with hysteresis: the first result decides at once; then
 * a change needs several equal results in a row. Immutable.
 *
 * @param against results in a row that speak against the status
 * @param at when the last result came, in nanoseconds
 */
record CheckState(HealthStatus status, int against, String reason, long at) {
  static final CheckState NONE = new CheckState(HealthStatus.UNKNOWN, 0, "", 0);

  CheckState after(CheckResult result, long now, HealthConfig config) {
    HealthStatus seen = result.healthy() ? HealthStatus.UP : HealthStatus.DOWN;
    if (status == HealthStatus.UNKNOWN || status == seen) {
      return new CheckState(seen, 0, result.reason(), now);
    }
    int needed = seen == HealthStatus.UP ? config.successes() : config.failures();
    return against + 1 >= needed
        ? new CheckState(seen, 0, result.reason(), now)
        : new CheckState(status, against + 1, result.reason(), now);
  }

  /** A result that is older than three intervals says nothing. */
  HealthStatus statusAt(long now, HealthConfig config) {
    boolean stale = now - at > 3 * config.interval().toNanos();
    return status == HealthStatus.UNKNOWN || stale ? HealthStatus.UNKNOWN : status;
  }
}
