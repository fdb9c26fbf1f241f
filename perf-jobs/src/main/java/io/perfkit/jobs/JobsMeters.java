package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.EnumMap;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.ToDoubleFunction;

/** The meters of one node; {@code docs/reference/metrics.md} lists them. Thread safe. */
final class JobsMeters implements AutoCloseable {
  private final MeterRegistry registry;
  private final Tags tags;
  private final Queue<Meter> meters = new ConcurrentLinkedQueue<>();
  private final Map<String, TypeMeters> types = new ConcurrentHashMap<>();
  private volatile Map<String, QueueCounts> counts = Map.of();

  /** The meters of one type, found once. */
  private record TypeMeters(Timer waited, Map<Outcome, Timer> attempts, Counter enqueued) {}

  JobsMeters(MeterRegistry registry, String name) {
    this.registry = registry;
    this.tags = Tags.of("jobs", name);
  }

  void enqueued(JobType<?> type, int jobs) {
    of(type.queue(), type.name()).enqueued().increment(jobs);
  }

  void ran(ClaimedJob job, Outcome outcome, long nanos) {
    TypeMeters meters = of(job.queue(), job.type());
    meters.waited().record(job.waitedNanos(), NANOSECONDS);
    requireNonNull(meters.attempts().get(outcome)).record(nanos, NANOSECONDS);
  }

  private TypeMeters of(String queue, String type) {
    TypeMeters known = types.get(type);
    return known != null ? known : types.computeIfAbsent(type, name -> register(queue, name));
  }

  private TypeMeters register(String queue, String type) {
    Tags both = tags.and("queue", queue, "type", type);
    Map<Outcome, Timer> attempts = new EnumMap<>(Outcome.class);
    for (Outcome outcome : Outcome.values()) {
      attempts.put(
          outcome,
          kept(
              Timer.builder("perf.jobs.attempts")
                  .tags(both.and("outcome", outcome.tag()))
                  .register(registry)));
    }
    return new TypeMeters(
        kept(Timer.builder("perf.jobs.wait").tags(both).register(registry)),
        attempts,
        kept(Counter.builder("perf.jobs.enqueued").tags(both).register(registry)));
  }

  private <M extends Meter> M kept(M meter) {
    meters.add(meter);
    return meter;
  }

  /** Registers the gauges of a queue. */
  void queue(String queue) {
    gauge("perf.jobs.waiting", queue, QueueCounts::waiting);
    gauge("perf.jobs.in.flight", queue, QueueCounts::inFlight);
    counter("perf.jobs.dead", queue, QueueCounts::dead);
    counter("perf.jobs.rescued", queue, QueueCounts::rescued);
    counter("perf.jobs.stale", queue, QueueCounts::stale);
  }

  private void counter(String name, String queue, ToDoubleFunction<QueueCounts> value) {
    kept(
        FunctionCounter.builder(name, this, self -> value.applyAsDouble(self.of(queue)))
            .tags(tags.and("queue", queue))
            .register(registry));
  }

  private void gauge(String name, String queue, ToDoubleFunction<QueueCounts> value) {
    kept(
        Gauge.builder(name, this, self -> value.applyAsDouble(self.of(queue)))
            .tags(tags.and("queue", queue))
            .register(registry));
  }

  private QueueCounts of(String queue) {
    return counts.getOrDefault(queue, QueueCounts.ZERO);
  }

  /** What the gauges show from now on. */
  void counted(Map<String, QueueCounts> latest) {
    counts = latest;
  }

  /** Removes the meters: the registry belongs to the host. */
  @Override
  public void close() {
    meters.forEach(registry::remove);
  }
}
