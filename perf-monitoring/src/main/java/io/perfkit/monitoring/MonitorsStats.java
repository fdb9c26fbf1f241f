package io.perfkit.monitoring;

import java.util.Map;

/**
 * What one {@link Monitors} has seen. A snapshot. Immutable.
 *
 * @param series series within the limits, of all meters together
 * @param overflowed by meter, how many recordings went to a series that overflows
 */
public record MonitorsStats(int series, Map<String, Long> overflowed) {
  /** Copies the map. */
  public MonitorsStats {
    overflowed = Map.copyOf(overflowed);
  }
}
