package io.perfkit.cache.behind;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToDoubleFunction;

/** The meters of this package; {@code docs/reference/metrics.md} lists them. Thread safe. */
final class WriteMeters {
  static final String WRITES = "perf.cache.writes";
  static final String WAITING = "perf.cache.writes.waiting";

  private final Queue<Runnable> removals = new ConcurrentLinkedQueue<>();

  void bind(WriteBehind<?, ?> behind, MeterRegistry registry, String caches, String cache) {
    Tags name = Tags.of("caches", caches, "cache", cache);
    count(behind, registry, name.and("result", "accepted"), WriteBehindStats::accepted);
    count(behind, registry, name.and("result", "merged"), WriteBehindStats::merged);
    count(behind, registry, name.and("result", "written"), WriteBehindStats::written);
    count(behind, registry, name.and("result", "overflowed"), WriteBehindStats::overflowed);
    count(behind, registry, name.and("result", "retried"), WriteBehindStats::retries);
    count(behind, registry, name.and("result", "failed"), WriteBehindStats::failed);
    keep(
        registry,
        Gauge.builder(WAITING, behind, b -> b.stats().waiting()).tags(name).register(registry));
  }

  private void count(
      WriteBehind<?, ?> behind,
      MeterRegistry registry,
      Tags tags,
      ToDoubleFunction<WriteBehindStats> value) {
    keep(
        registry,
        FunctionCounter.builder(WRITES, behind, b -> value.applyAsDouble(b.stats()))
            .tags(tags)
            .register(registry));
  }

  private void keep(MeterRegistry registry, Meter meter) {
    removals.add(() -> registry.remove(meter));
  }

  /** Removes the meters from the host's registry. */
  void close() {
    removals.forEach(Runnable::run);
  }
}
