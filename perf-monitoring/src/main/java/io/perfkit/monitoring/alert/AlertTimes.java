package io.perfkit.monitoring.alert;

/** The times and bounds of one rule's alerts, in nanoseconds. Immutable. */
record AlertTimes(
    long holds, long keep, NoData noData, long noDataAfter, int maxChanges, long flapWindow) {

  static AlertTimes of(AlertRule rule, AlertConfig config) {
    return new AlertTimes(
        rule.holds().toNanos(),
        rule.keep().toNanos(),
        rule.noData(),
        config.noDataAfter().toNanos(),
        config.maxChanges(),
        config.flapWindow().toNanos());
  }
}
