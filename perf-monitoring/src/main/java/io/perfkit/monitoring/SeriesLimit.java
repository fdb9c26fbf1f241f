package io.perfkit.monitoring;

/**
 * How many series a meter may have. Immutable.
 *
 * @param maxTagValues values of one tag of one meter: 1 to 1,000,000; further values become {@value
 *     #OVERFLOW}
 * @param maxSeries series of one meter, its overflow not counted: 1 to 1,000,000; further ones
 *     become one series whose tags all are {@value #OVERFLOW}
 */
public record SeriesLimit(int maxTagValues, int maxSeries) {
  /** The value in place of those beyond a limit. */
  public static final String OVERFLOW = "__overflow__";

  private static final int MAX = 1_000_000;

  /** Checks the rules. */
  public SeriesLimit {
    require("maxTagValues", maxTagValues);
    require("maxSeries", maxSeries);
  }

  private static void require(String name, int value) {
    if (value < 1 || value > MAX) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: 1 to " + MAX + ")");
    }
  }

  /** 200 values of a tag, 1,000 series of a meter. */
  public static SeriesLimit defaults() {
    return new SeriesLimit(200, 1_000);
  }

  /** The same with so many values of a tag. */
  public SeriesLimit withMaxTagValues(int values) {
    return new SeriesLimit(values, maxSeries);
  }

  /** The same with so many series of a meter. */
  public SeriesLimit withMaxSeries(int series) {
    return new SeriesLimit(maxTagValues, series);
  }
}
