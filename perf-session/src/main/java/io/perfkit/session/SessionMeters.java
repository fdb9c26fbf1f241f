package io.perfkit.session;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/** The meters of one manager; {@code docs/reference/metrics.md} lists them. Thread safe. */
final class SessionMeters implements AutoCloseable {
  static final String CALLS = "perf.session.calls";

  private final MeterRegistry registry;
  private final Timer calls;
  private final Timer lasted;
  private final Timer used;
  private final List<Meter> meters = new ArrayList<>();

  SessionMeters(
      MeterRegistry registry,
      String name,
      Count.Counts counts,
      AtomicLong live,
      LongAccumulator peak) {
    this.registry = registry;
    Tags tags = tags(name);
    this.calls = Timer.builder(CALLS).tags(tags).register(registry);
    meters.add(calls);
    this.lasted = Timer.builder("perf.session.duration").tags(tags).register(registry);
    meters.add(lasted);
    this.used = Timer.builder("perf.session.activity").tags(tags).register(registry);
    meters.add(used);
    meters.add(
        Gauge.builder("perf.session.live", live, AtomicLong::get).tags(tags).register(registry));
    meters.add(
        Gauge.builder("perf.session.user.peak", peak, LongAccumulator::get)
            .tags(tags)
            .register(registry));
    for (Count count : Count.values()) {
      meters.add(
          FunctionCounter.builder(count.meter, counts.adder(count), LongAdder::sum)
              .tags(tags.and(count.tag, count.value))
              .register(registry));
    }
  }

  private static Tags tags(String name) {
    return Tags.of("sessions", name);
  }

  /** Refuses a name that another open manager has. */
  static void requireFree(MeterRegistry registry, String name) {
    if (registry.find(CALLS).tags(tags(name)).meter() != null) {
      throw new IllegalArgumentException(
          "name: '"
              + name
              + "' (expected: not that of another open manager on this registry; set another one by"
              + " name(…))");
    }
  }

  void called(long nanos) {
    calls.record(nanos, NANOSECONDS);
  }

  /** Records a session that has ended. */
  void lived(Lifetime lifetime) {
    lasted.record(lifetime.lasted(), MILLISECONDS);
    used.record(lifetime.used(), MILLISECONDS);
  }

  /** Removes the meters: the registry belongs to the host. */
  @Override
  public void close() {
    meters.forEach(registry::remove);
  }
}
