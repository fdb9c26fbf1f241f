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
  private final Timer writes;
  private final MeterName name;

  BatchMeters(MeterRegistry registry, String name, String table, BatchWriter<?> writer) {
    this.registry = registry;
    this.name = MeterName.claim(registry, "writer", name);
    Tags tags = Tags.of("writer", name, "table", table);
    count(ROWS, tags.and("result", "flushed"), writer, w -> w.stats().rows().flushed());
    count(ROWS, tags.and("result", "rejected"), writer, w -> w.stats().rows().rejected());
    count(ROWS, tags.and("result", "returned"), writer, w -> w.stats().rows().returned());
    count(RETRIES, tags, writer, w -> w.stats().retries());
    count(HANDLER_FAILURES, tags, writer, w -> w.stats().handlerFailures());
    meters.add(
        Gauge.builder(BUFFERED, writer, w -> w.stats().rows().buffered())
            .tags(tags)
            .register(registry));
    writes = Timer.builder(WRITES).tags(tags).register(registry);
    meters.add(writes);
  }

  private <T> void count(String meter, Tags tags, T subject, ToDoubleFunction<T> value) {
    meters.add(FunctionCounter.builder(meter, subject, value).tags(tags).register(registry));
  }

  void written(long tookNanos) {
    writes.record(tookNanos, NANOSECONDS);
  }

  /** The registry is the host's, so it gets back what was put there. */
  @Override
  public void close() {
    meters.forEach(registry::remove);
    name.close();
  }
}
