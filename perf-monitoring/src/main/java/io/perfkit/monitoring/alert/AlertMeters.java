package io.perfkit.monitoring.alert;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.perfkit.monitoring.internal.MeterNames;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.function.ToIntFunction;

/** The meters of one {@link Alerts}. Thread safe once made. */
final class AlertMeters implements AutoCloseable {
  private final MeterRegistry registry;
  private final MeterNames.Name name;
  private final List<Meter> meters = new ArrayList<>();
  private final Timer evaluations;

  AlertMeters(
      MeterRegistry registry,
      String wanted,
      List<SinkQueue> sinks,
      ToIntFunction<AlertState> alertsIn) {
    this.registry = registry;
    this.name = MeterNames.claim(registry, "alerts", wanted);
    this.evaluations =
        Timer.builder("perf.monitoring.alerts.evaluations")
            .tag("alerts", name.text())
            .register(registry);
    meters.add(evaluations);
    for (AlertState state : List.of(AlertState.PENDING, AlertState.FIRING, AlertState.FLAPPING)) {
      meters.add(
          Gauge.builder("perf.monitoring.alerts.open", () -> alertsIn.applyAsInt(state))
              .tags("alerts", name.text(), "state", state.name().toLowerCase(Locale.ROOT))
              .register(registry));
    }
    for (SinkQueue sink : sinks) {
      events(sink, "delivered", SinkQueue::delivered);
      events(sink, "failed", SinkQueue::failed);
      events(sink, "dropped", SinkQueue::dropped);
    }
  }

  private void events(SinkQueue sink, String result, ToDoubleFunction<SinkQueue> count) {
    meters.add(
        FunctionCounter.builder("perf.monitoring.alerts.events", sink, count)
            .tags("alerts", name.text(), "sink", sink.name(), "result", result)
            .register(registry));
  }

  Timer evaluations() {
    return evaluations;
  }

  @Override
  public void close() {
    meters.forEach(registry::remove);
    name.close();
  }
}
