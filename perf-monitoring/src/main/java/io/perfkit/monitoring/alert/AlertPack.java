package io.perfkit.monitoring.alert;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Rules that belong together. Immutable. */
public final class AlertPack {
  private final List<AlertRule> rules;

  private AlertPack(List<AlertRule> rules) {
    this.rules = List.copyOf(rules);
  }

  private static AlertPack of(String... rules) {
    return new AlertPack(Stream.of(rules).map(AlertRule::parse).toList());
  }

  /**
   * The rules for HTTP requests ({@code http.server.requests}, of Spring Boot or an Observation),
   * caches, pools, statements and the JVM: response times, errors with burn rates for 99.9 %, hit
   * rate, pool use, heap after GC, GC overhead, CPU and deadlocks. The guide lists them.
   */
  public static AlertPack defaults() {
    return of(
        "ResponseTimeP50: http.response_time.p50 > 50 for 5m severity info"
            + " action \"Look for the slowest route.\"",
        "ResponseTimeP95: http.response_time.p95 > 200 for 5m severity warning"
            + " action \"Look for slow statements and cache misses.\"",
        "ResponseTimeP99: http.response_time.p99 > 500 for 5m severity critical"
            + " action \"Look for locks, GC pauses and full pools.\"",
        "ClientErrors: http.error_rate.4xx > 5% for 10m over 5m severity warning"
            + " action \"Compare with the last release of clients.\"",
        "ServerErrors: http.error_rate.5xx > 1% for 5m over 5m severity critical"
            + " action \"Read the log; roll back the last release.\"",
        "ErrorBudgetHour: burn(http.error_rate.5xx, 99.9%, 1h, 5m) > 14.4 severity critical"
            + " action \"2 % of a month's errors in an hour: roll back.\"",
        "ErrorBudgetSixHours: burn(http.error_rate.5xx, 99.9%, 6h, 30m) > 6 severity critical"
            + " action \"5 % of a month's errors in six hours: find the cause today.\"",
        "ErrorBudgetThreeDays: burn(http.error_rate.5xx, 99.9%, 3d, 6h) > 1 severity warning"
            + " action \"10 % of a month's errors in three days: plan a repair.\"",
        "CacheHitRateLow: cache.hit_rate < 0.8 for 15m over 5m by cache severity info"
            + " action \"Look at TTL, size and keys of the cache.\"",
        "CacheHitRateBad: cache.hit_rate < 0.6 for 10m over 5m by cache severity warning"
            + " action \"The cache hardly helps: check its keys and invalidations.\"",
        "PoolBusy: pool.active / pool.max > 0.8 for 5m by pool severity warning"
            + " action \"Increase connection pool or scale database\"",
        "PoolPending: pool.pending > 0 for 1m by pool severity critical"
            + " action \"Look for slow statements and connections held too long.\"",
        "DatabaseMean: database.query_time.mean > 100 for 5m severity warning"
            + " action \"Read the monitor's report: which statement costs most?\"",
        "HeapAfterGc: memory.after_gc > 0.8 for 10m severity warning"
            + " action \"Look for a leak, or give more heap.\"",
        "GcOverhead: gc.overhead > 0.2 for 5m severity warning"
            + " action \"Give more heap or allocate less.\"",
        "GcOverheadHigh: gc.overhead > 0.5 for 5m severity critical"
            + " action \"Restart with more heap.\"",
        "CpuBusy: cpu.usage > 0.7 for 5m severity warning action \"Scale out, or profile.\"",
        "Deadlock: threads.deadlocked > 0 severity critical"
            + " action \"Take a thread dump and restart.\"");
  }

  /** The five rules of the tuning guide: pool, API latency, event latency, errors, buffer. */
  public static AlertPack tuning() {
    return of(
        "DatabaseConnectionPoolHigh: db_connections_active / db_connections_max > 0.8"
            + " for 5m severity warning action \"Increase connection pool or scale database\"",
        "HighAPILatency: http_request_duration_p95 > 500"
            + " for 2m severity warning action \"Scale up backend instances\"",
        "HighEventLatency: grpc_request_duration_p95 > 100"
            + " for 2m severity warning action \"Scale up event handler instances\"",
        "HighErrorRate: http_errors_rate > 0.01"
            + " for 1m severity critical action \"Investigate immediately, check logs\"",
        "BufferSizeHigh: event_buffer_size > 80000 for 5m severity warning"
            + " action \"Increase flush frequency or scale event handler\"");
  }

  /** The rules, in their order. */
  public List<AlertRule> rules() {
    return rules;
  }

  /**
   * The same without some.
   *
   * @throws IllegalArgumentException if the pack has no rule of a name
   */
  public AlertPack without(String... names) {
    Set<String> left = Set.of(names);
    for (String name : names) {
      if (rules.stream().noneMatch(rule -> rule.name().equals(name))) {
        throw new IllegalArgumentException(
            "names: '"
                + name
                + "' (expected: one of "
                + rules.stream().map(AlertRule::name).toList()
                + ")");
      }
    }
    return new AlertPack(rules.stream().filter(rule -> !left.contains(rule.name())).toList());
  }
}
