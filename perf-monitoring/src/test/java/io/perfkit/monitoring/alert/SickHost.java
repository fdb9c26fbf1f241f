package io.perfkit.monitoring.alert;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * The meters of a host under the names that its parts give them, on a virtual clock, sick in all
 * respects or in none.
 */
final class SickHost {
  static final List<String> DOCUMENTS =
      List.of(
          "Doc1P95: http.response_time.p95 > 500",
          "Doc1Pool: database.connection_pool.utilization > 0.8",
          "Doc1Hits: cache.hit_rate < 0.6",
          "Doc1Heap: memory.heap_used > 1073741824",
          "Doc1P50: http.response_time.p50 > 50",
          "Doc1P95Low: http.response_time.p95 > 200",
          "Doc1P99: http.response_time.p99 > 500",
          "Doc14xx: http.error_rate.4xx > 5%",
          "Doc15xx: http.error_rate.5xx > 1%",
          "Doc1HitRate: cache.hit_rate < 80%",
          "Doc1Query: database.query_time.mean > 100ms",
          "Doc1Memory: jvm.memory.used{area=\"heap\"} / jvm.memory.max{area=\"heap\"} > 80%",
          "Doc1Cpu: cpu.usage > 70%",
          "Doc3Memory: memory.heap_used > 500MB",
          "Doc3Response: http.response_time.p95 > 200ms",
          "Doc3Query: database.query_time.mean > 50ms",
          "Doc3Hits: cache.hit_rate < 80%");

  private final MockClock clock = new MockClock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
  private boolean sick;

  SickHost() {
    registry.config().meterFilter(Alerts.percentiles(rules()));
    gauge("perf.db.pool.connections", 2, 10, "pool", "main", "state", "active");
    gauge("perf.db.pool.connections", 8, 0, "pool", "main", "state", "idle");
    gauge("perf.db.pool.size", 10, 10, "pool", "main");
    gauge("perf.db.pool.waiting", 0, 3, "pool", "main");
    gauge("perf.db.pool.utilisation", 0.2, 1, "pool", "main");
    gauge("perf.db.batch.buffered", 10, 90_000, "writer", "events", "table", "events");
    gauge("jvm.memory.used", 1e8, 2e9, "area", "heap", "id", "G1 Old Gen");
    gauge("jvm.memory.max", 2.1e9, 2.1e9, "area", "heap", "id", "G1 Old Gen");
    gauge("jvm.memory.usage.after.gc", 0.1, 0.95, "area", "heap", "pool", "long-lived");
    gauge("jvm.gc.overhead", 0.01, 0.6);
    gauge("process.cpu.usage", 0.1, 0.9);
    gauge("jvm.threads.deadlocked", 0, 2);
    work();
  }

  static List<AlertRule> rules() {
    List<AlertRule> rules = new ArrayList<>(AlertPack.defaults().rules());
    rules.addAll(AlertPack.tuning().rules());
    DOCUMENTS.forEach(text -> rules.add(AlertRule.parse(text)));
    return rules;
  }

  private void gauge(String name, double well, double ill, String... tags) {
    Gauge.builder(name, () -> sick ? ill : well).tags(tags).register(registry);
  }

  MeterRegistry registry() {
    return registry;
  }

  MockClock clock() {
    return clock;
  }

  void sick(boolean is) {
    sick = is;
  }

  /** 15 s of it. */
  void step() {
    clock.add(Duration.ofSeconds(15));
    work();
  }

  private void work() {
    Duration took = Duration.ofMillis(sick ? 800 : 8);
    for (int i = 0; i < 100; i++) {
      String outcome = !sick || i < 60 ? "SUCCESS" : i < 80 ? "CLIENT_ERROR" : "SERVER_ERROR";
      registry.timer("http.server.requests", "uri", "/orders", "outcome", outcome).record(took);
      registry.timer("grpc.server", "rpc", "events").record(took);
      registry.timer("perf.db.query.executions", "operation", "select").record(took);
    }
    hits("l1", "hit", sick ? 5 : 95);
    hits("l1", "miss", sick ? 95 : 5);
    hits("l2", "hit", 1);
    hits("l2", "miss", sick ? 94 : 4);
  }

  private void hits(String level, String result, int count) {
    registry
        .counter("perf.cache.gets", "cache", "users", "level", level, "result", result)
        .increment(count);
  }
}
