package io.perfkit.monitoring;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.composite.CompositeMeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;

/**
 * Counters, timers and gauges by name: {@code monitors.counter("api.requests", "route", route)}.
 * The series of each meter are bounded, also where a tag's value comes from outside. Thread safe.
 * The meters stay in the registry, which belongs to the host.
 *
 * <p>Each call looks its meter up and allocates its tags, in well under a microsecond. For a call
 * that is as short as that hold a meter of Micrometer, or annotate the method with
 * {@code @Monitored}.
 *
 * <p>Tags are key, value, key, value; a meter has the same keys in all calls.
 */
public final class Monitors {
  private final MeterRegistry registry;
  private final SeriesFilter series;
  private final GaugeValues gauges;

  private Monitors(Builder builder) {
    this.registry = builder.registry;
    this.gauges = GaugeValues.of(registry);
    this.series = SeriesFilter.create(builder.limit);
  }

  /** Meters in the host's registry, with the default limits. */
  public static Monitors create(MeterRegistry registry) {
    return builder(registry).build();
  }

  /** Meters in the host's registry, with other limits. */
  public static Builder builder(MeterRegistry registry) {
    return new Builder(registry);
  }

  /** Meters in a registry of its own, in memory; {@link #registry} reads them. */
  public static Monitors local() {
    return create(new SimpleMeterRegistry());
  }

  /** Records nothing. */
  public static Monitors disabled() {
    return create(new CompositeMeterRegistry());
  }

  /** The registry that it records into. */
  public MeterRegistry registry() {
    return registry;
  }

  /** Counts one. */
  public void counter(String name, String... tags) {
    registry.counter(name, admit(name, tags)).increment();
  }

  /** The time at which something begins, for {@link #timer(String, long, String...)}. */
  public long start() {
    return registry.config().clock().monotonicTime();
  }

  /**
   * Records the time since a {@link #start}.
   *
   * @param start what {@link #start} returned, in nanoseconds
   */
  public void timer(String name, long start, String... tags) {
    registry.timer(name, admit(name, tags)).record(start() - start, NANOSECONDS);
  }

  /** Records a duration. */
  public void timer(String name, Duration took, String... tags) {
    registry.timer(name, admit(name, tags)).record(requireNonNull(took, "took"));
  }

  /**
   * Sets a gauge; it keeps the value until it is set again, by any {@code Monitors} of the
   * registry.
   */
  public void gauge(String name, double value, String... tags) {
    gauges.set(registry, name, admit(name, tags), value);
  }

  private Tags admit(String name, String... tags) {
    requireNonNull(name, "name");
    return tags.length == 0 ? Tags.empty() : series.admit(name, Tags.of(tags));
  }

  /** How many series there are, and which meters overflow. */
  public MonitorsStats stats() {
    return new MonitorsStats(series.series(), series.overflowed());
  }

  /** Settings of a {@link Monitors}. One thread at a time. */
  public static final class Builder {
    private final MeterRegistry registry;
    private SeriesLimit limit = SeriesLimit.defaults();

    private Builder(MeterRegistry registry) {
      this.registry = requireNonNull(registry, "registry");
    }

    /** How many series each meter may have. */
    public Builder config(SeriesLimit config) {
      limit = requireNonNull(config, "config");
      return this;
    }

    /** The component. */
    public Monitors build() {
      return new Monitors(this);
    }
  }
}
