package io.perfkit.monitoring.health;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** The meters of the checks; without a registry they record nothing. Thread safe. */
final class HealthMeters implements AutoCloseable {
  private static final List<String> OUTCOMES = List.of("up", "down", "timeout", "rejected");

  private final @Nullable MeterRegistry registry;
  private final Map<String, Timer> runs = new HashMap<>(); // filled before the first run
  private final List<Meter> meters = new CopyOnWriteArrayList<>();

  HealthMeters(@Nullable MeterRegistry registry) {
    this.registry = registry;
  }

  /** Registers what one check has. */
  void add(BackgroundCheck check, LongSupplier nanos) {
    if (registry == null) {
      return;
    }
    String group = check.group().name().toLowerCase(Locale.ROOT);
    for (String outcome : OUTCOMES) {
      Timer timer =
          Timer.builder("perf.monitoring.health.checks")
              .tags("check", check.name(), "outcome", outcome)
              .register(registry);
      runs.put(check.name() + ' ' + outcome, timer);
      meters.add(timer);
    }
    meters.add(
        Gauge.builder(
                "perf.monitoring.health.status",
                check,
                each -> value(each.status(nanos.getAsLong())))
            .tags("check", check.name(), "group", group)
            .strongReference(true)
            .register(registry));
  }

  private static double value(HealthStatus status) {
    return switch (status) {
      case UP -> 1;
      case DOWN -> 0;
      case UNKNOWN -> -1;
    };
  }

  void ran(String check, String outcome, long nanos) {
    Timer timer = runs.get(check + ' ' + outcome);
    if (timer != null) {
      timer.record(nanos, NANOSECONDS);
    }
  }

  /** Removes the meters: the registry belongs to the host. */
  @Override
  public void close() {
    if (registry != null) {
      meters.forEach(registry::remove);
    }
  }
}
