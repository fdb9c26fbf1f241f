package io.perfkit.monitoring;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The values of the gauges of one registry. All {@link Monitors} of the registry share them, since
 * a registry keeps the first gauge of a name and tags and ignores a second one. Thread safe.
 */
final class GaugeValues {
  private static final Map<MeterRegistry, GaugeValues> ALL = new WeakHashMap<>();

  private final Map<GaugeId, AtomicLong> bits = new ConcurrentHashMap<>();

  private record GaugeId(String name, Tags tags) {}

  static GaugeValues of(MeterRegistry registry) {
    synchronized (ALL) {
      return ALL.computeIfAbsent(registry, any -> new GaugeValues());
    }
  }

  void set(MeterRegistry registry, String name, Tags tags, double value) {
    GaugeId id = new GaugeId(name, tags);
    AtomicLong known = bits.get(id);
    if (known == null) {
      AtomicLong made = new AtomicLong(Double.doubleToRawLongBits(value));
      known = bits.putIfAbsent(id, made);
      if (known == null) {
        register(registry, id, made);
        return;
      }
    }
    known.set(Double.doubleToRawLongBits(value));
  }

  /** Not under a lock, since filters and listeners of the host run in it. */
  private static void register(MeterRegistry registry, GaugeId id, AtomicLong bits) {
    Gauge.builder(id.name(), bits, value -> Double.longBitsToDouble(value.get()))
        .tags(id.tags())
        .strongReference(true)
        .register(registry);
  }
}
