package io.perfkit.monitoring.alert;

import java.util.Map;
import java.util.Optional;

/**
 * Names that rules may use in place of meters. A name stands for a term or a ratio of terms, in the
 * language of rules.
 */
final class Aliases {
  private static final String HTTP = "http.server.requests";
  private static final String POOL = "perf.db.pool.";
  private static final String HIT_RATE =
      "perf.cache.gets.count{result=\"hit\"} / perf.cache.gets.count{level=\"l1\"}";
  private static final String SERVER_ERRORS = errors("SERVER_ERROR");

  private static final Map<String, String> ALL =
      Map.ofEntries(
          Map.entry("http.response_time", HTTP),
          Map.entry("http_request_duration", HTTP),
          Map.entry("http.error_rate.4xx", errors("CLIENT_ERROR")),
          Map.entry("http.error_rate.5xx", SERVER_ERRORS),
          Map.entry("http_errors_rate", SERVER_ERRORS),
          Map.entry("grpc_request_duration", "grpc.server"),
          Map.entry("cache.hit_rate", HIT_RATE),
          Map.entry("pool.active", POOL + "connections{state=\"active\"}"),
          Map.entry("pool.max", POOL + "size"),
          Map.entry("pool.pending", POOL + "waiting"),
          Map.entry("db_connections_active", POOL + "connections{state=\"active\"}"),
          Map.entry("db_connections_max", POOL + "size"),
          Map.entry("database.connection_pool.utilization", POOL + "utilisation.max"),
          Map.entry("database.query_time", "perf.db.query.executions"),
          Map.entry("event_buffer_size", "perf.db.batch.buffered"),
          Map.entry("memory.heap_used", "jvm.memory.used{area=\"heap\"}"),
          Map.entry("memory.after_gc", "jvm.memory.usage.after.gc.max"),
          Map.entry("gc.overhead", "jvm.gc.overhead"),
          Map.entry("cpu.usage", "process.cpu.usage"),
          Map.entry("threads.deadlocked", "jvm.threads.deadlocked"));

  private Aliases() {}

  private static String errors(String outcome) {
    return HTTP + ".count{outcome=\"" + outcome + "\"} / " + HTTP + ".count";
  }

  static Optional<String> of(String name) {
    return Optional.ofNullable(ALL.get(name));
  }

  static Map<String, String> all() {
    return ALL;
  }
}
