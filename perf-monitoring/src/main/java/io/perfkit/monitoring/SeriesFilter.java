package io.perfkit.monitoring;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.config.MeterFilter;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Bounds the series of every meter of a registry: {@code
 * registry.config().meterFilter(SeriesFilter.create())}, before the first meter is registered.
 * Beyond a {@link SeriesLimit} the values of tags become {@value SeriesLimit#OVERFLOW}, and what is
 * recorded there adds to that series: nothing is lost from a sum over all series. Thread safe.
 *
 * <p>It remembers the admitted series of each meter; the names of meters, given in code, have no
 * bound. A series that overflows costs a lock and a few sets each time that it is looked up.
 */
public final class SeriesFilter implements MeterFilter {
  private final SeriesLimit limit;
  private final Map<String, MeterSeries> meters = new ConcurrentHashMap<>();

  private SeriesFilter(SeriesLimit limit) {
    this.limit = requireNonNull(limit, "limit");
  }

  /** A filter with the default limits. */
  public static SeriesFilter create() {
    return create(SeriesLimit.defaults());
  }

  /** A filter with these limits, for each meter the same. */
  public static SeriesFilter create(SeriesLimit limit) {
    return new SeriesFilter(limit);
  }

  @Override
  public Meter.Id map(Meter.Id id) {
    if (id.getTags().isEmpty()) {
      return id;
    }
    Tags tags = Tags.of(id.getTags());
    Tags admitted = admit(id.getName(), tags);
    return admitted.equals(tags) ? id : id.replaceTags(admitted);
  }

  /** The tags themselves, or those of the series in their place. */
  Tags admit(String meter, Tags tags) {
    MeterSeries series = meters.get(meter);
    if (series == null) {
      series = meters.computeIfAbsent(meter, name -> new MeterSeries(limit));
    }
    return series.admit(tags);
  }

  /**
   * For each meter with an overflow, how often a series was looked up that is beyond a limit. A
   * snapshot, ordered by name.
   */
  public Map<String, Long> overflowed() {
    Map<String, Long> counts = new TreeMap<>();
    meters.forEach(
        (name, series) -> {
          if (series.overflowed() > 0) {
            counts.put(name, series.overflowed());
          }
        });
    return counts;
  }

  /** How many series are admitted, of all meters together. */
  int series() {
    return meters.values().stream().mapToInt(MeterSeries::series).sum();
  }
}
