package io.perfkit.db.batch;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
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

  BatchMeters(MeterRegistry registry, String table, BatchWriter<?> writer, Reporter<?> reporter) {
    this.registry = registry;
    Tags name = Tags.of("table", table);
    count(ROWS, name.and("result", "flushed"), writer, w -> w.accounts().flushed());
    count(ROWS, name.and("result", "rejected"), writer, w -> w.accounts().rejected());
    count(ROWS, name.and("result", "returned"), writer, w -> w.accounts().returned());
    count(RETRIES, name, reporter, Reporter::retries);
    count(HANDLER_FAILURES, name, reporter, Reporter::handlerFailures);
    meters.add(
        Gauge.builder(BUFFERED, writer, w -> w.accounts().buffered())
            .tags(name)
            .register(registry));
    writes = Timer.builder(WRITES).tags(name).register(registry);
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
  }
}
