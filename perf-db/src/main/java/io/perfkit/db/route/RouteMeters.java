package io.perfkit.db.route;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.perfkit.db.internal.MeterName;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.LongAdder;

/** The meters of one router; {@code docs/reference/metrics.md} lists them. Thread safe. */
final class RouteMeters implements AutoCloseable {
  static final String CONNECTIONS = "perf.db.route.connections";
  static final String REFUSED = "perf.db.route.refused";
  static final String LAG = "perf.db.route.lag";

  private final MeterRegistry registry;
  private final MeterName name;
  private final Tags tags;
  private final List<Meter> meters = new ArrayList<>();

  RouteMeters(MeterRegistry registry, String name, NodeSelector selector, RouteCounts counts) {
    this.registry = registry;
    this.name = MeterName.claim(registry, "router", name);
    this.tags = Tags.of("router", name);
    count("primary", counts.primary);
    count("replica", counts.replica);
    count("fallback", counts.fallback);
    meters.add(
        FunctionCounter.builder(REFUSED, counts.refused, LongAdder::sum)
            .tags(tags)
            .register(registry));
    for (RouterHealth.Replica replica : selector.health().replicas()) {
      meters.add(
          TimeGauge.builder(LAG, selector, NANOSECONDS, s -> lagNanos(s, replica.name()))
              .tags(tags.and("node", replica.name()))
              .register(registry));
    }
  }

  private void count(String to, LongAdder count) {
    meters.add(
        FunctionCounter.builder(CONNECTIONS, count, LongAdder::sum)
            .tags(tags.and("to", to))
            .register(registry));
  }

  private static double lagNanos(NodeSelector selector, String name) {
    return selector.health().replicas().stream()
        .filter(replica -> replica.name().equals(name))
        .findFirst()
        .flatMap(RouterHealth.Replica::lag)
        .map(Duration::toNanos)
        .map(Long::doubleValue)
        .orElse(Double.NaN);
  }

  /** Removes the meters: the registry belongs to the host. */
  @Override
  public void close() {
    meters.forEach(registry::remove);
    name.close();
  }
}
