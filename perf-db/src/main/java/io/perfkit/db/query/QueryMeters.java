package io.perfkit.db.query;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.perfkit.db.internal.MeterName;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * All meters of a query monitor; {@code docs/reference/metrics.md} lists them. They are read from
 * its figures when the registry asks, and cost an execution nothing. Thread safe.
 */
final class QueryMeters implements AutoCloseable {
  static final String EXECUTIONS = "perf.db.query.executions";
  static final String FAILURES = "perf.db.query.failures";
  static final String ROWS = "perf.db.query.rows";
  static final String OWN = "perf.db.query.own";
  static final String RUNNING = "perf.db.query.running";
  static final String STUCK = "perf.db.query.stuck";

  private static final String MONITOR = "monitor";

  private final MeterRegistry registry;
  private final String name;
  private final MeterName claim;
  private final List<Meter> meters = new ArrayList<>();

  QueryMeters(MeterRegistry registry, String name, QueryRegistry queries, Watchdog watchdog) {
    this.claim = MeterName.claim(registry, MONITOR, name);
    this.registry = registry;
    this.name = name;
    for (Operation operation : Operation.values()) {
      meters.add(
          FunctionTimer.builder(
                  EXECUTIONS,
                  queries,
                  q -> q.sum(operation, QueryStats::calls),
                  q -> q.sum(operation, QueryStats::executeNanos),
                  NANOSECONDS)
              .tag(MONITOR, name)
              .tag("operation", operation.label())
              .register(registry));
      count(FAILURES, operation, queries, QueryStats::failures);
      count(ROWS, operation, queries, QueryStats::rows);
    }
    meters.add(
        FunctionTimer.builder(
                OWN, queries, QueryRegistry::ownCalls, QueryRegistry::ownNanos, NANOSECONDS)
            .tag(MONITOR, name)
            .register(registry));
    meters.add(
        Gauge.builder(RUNNING, watchdog, w -> w.health().running())
            .tag(MONITOR, name)
            .register(registry));
    meters.add(
        Gauge.builder(STUCK, watchdog, w -> w.health().stuck())
            .tag(MONITOR, name)
            .register(registry));
  }

  private void count(
      String meter, Operation operation, QueryRegistry queries, ToLongFunction<QueryStats> value) {
    meters.add(
        FunctionCounter.builder(meter, queries, q -> q.sum(operation, value))
            .tag(MONITOR, name)
            .tag("operation", operation.label())
            .register(registry));
  }

  /** The registry is the host's, so it gets back what was put there. */
  @Override
  public void close() {
    meters.forEach(registry::remove);
    meters.clear();
    claim.close();
  }
}
