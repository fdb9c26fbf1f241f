package io.perfkit.db.batch;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import io.perfkit.db.internal.MeterName;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** The meters of one writer; {@code docs/reference/metrics.md} lists them. Thread safe. */
final class BatchMeters implements AutoCloseable {
  static final String ROWS = "perf.db.batch.rows";
  static final String BUFFERED = "perf.db.batch.buffered";
  static final String WRITES = "perf.db.batch.writes";
  static final String RETRIES = "perf.db.batch.retries";
  static final String HANDLER_FAILURES = "perf.db.batch.handler.failures";

  private final MeterRegistry registry;
  private final List<Meter> meters = new ArrayList<>();
  private final Supplier<BatchStats> stats;
  private final Timer writes;
  private final MeterName name;

  BatchMeters(MeterRegistry registry, String name, String table, Supplier<BatchStats> stats) {
    this.registry = registry;
    this.stats = stats;
    this.name = MeterName.claim(registry, "writer", name);
    Tags tags = Tags.of("writer", name, "table", table);
    count(ROWS, tags.and("result", "flushed"), s -> s.rows().flushed());
    count(ROWS, tags.and("result", "rejected"), s -> s.rows().rejected());
    count(ROWS, tags.and("result", "returned"), s -> s.rows().returned());
    count(RETRIES, tags, s -> s.retries());
    count(HANDLER_FAILURES, tags, s -> s.handlerFailures());
    meters.add(
        Gauge.builder(BUFFERED, this, meters -> meters.stats.get().rows().buffered())
            .tags(tags)
            .register(registry));
    writes = Timer.builder(WRITES).tags(tags).register(registry);
    meters.add(writes);
  }

  /** The registry holds its subject weakly: the writer keeps this one. */
  private void count(String meter, Tags tags, ToDoubleFunction<BatchStats> value) {
    meters.add(
        FunctionCounter.builder(meter, this, self -> value.applyAsDouble(self.stats.get()))
            .tags(tags)
            .register(registry));
  }

  void written(long tookNanos) {
    writes.record(tookNanos, NANOSECONDS);
  }

  /** Removes the meters: the registry belongs to the host. */
  @Override
  public void close() {
    meters.forEach(registry::remove);
    name.close();
  }
}
