package io.perfkit.monitoring.health;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.perfkit.monitoring.internal.MeterNames;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The meters of the checks; without a registry they record nothing. Thread safe. */
final class HealthMeters implements AutoCloseable {
  private static final List<String> OUTCOMES = List.of("up", "down", "timeout", "rejected");

  private final @Nullable MeterRegistry registry;
  private final MeterNames.@Nullable Name name;
  private final Map<String, Timer> runs = new HashMap<>(); // filled before the first run
  private final List<Meter> meters = new CopyOnWriteArrayList<>();

  HealthMeters(@Nullable MeterRegistry registry, String name) {
    this.registry = registry;
    this.name = registry == null ? null : MeterNames.claim(registry, "health", name);
  }

  /** Registers what one check has. */
  void add(BackgroundCheck check, LongSupplier nanos) {
    if (registry == null || name == null) {
      return;
    }
    for (String outcome : OUTCOMES) {
      Timer timer =
          Timer.builder("perf.monitoring.health.checks")
              .tags("health", name.text(), "check", check.name(), "outcome", outcome)
              .register(registry);
      runs.put(check.name() + ' ' + outcome, timer);
      meters.add(timer);
    }
    status(check.name(), check.group(), () -> check.status(nanos.getAsLong()));
  }

  /** Registers what one heartbeat has. */
  void add(Heartbeat heartbeat, LongSupplier nanos) {
    status(
        heartbeat.name(),
        CheckGroup.LIVENESS,
        () -> heartbeat.alive(nanos.getAsLong()) ? HealthStatus.UP : HealthStatus.DOWN);
  }

  private void status(String check, CheckGroup group, Supplier<HealthStatus> status) {
    if (registry == null || name == null) {
      return;
    }
    meters.add(
        Gauge.builder("perf.monitoring.health.status", status, now -> value(now.get()))
            .tags("health", name.text(), "check", check)
            .tag("group", group.name().toLowerCase(Locale.ROOT))
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
    if (name != null) {
      name.close();
    }
  }
}
