package io.perfkit.monitoring.alert;

import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a condition compares: a term, or a ratio of two, over one or several windows. Of several the
 * smallest value counts, so that a burn rate is high in the long and in the short window.
 * Immutable.
 *
 * @param budget by which a ratio is divided: 1, or the share of errors that an objective allows
 */
record Quantity(Term top, @Nullable Term bottom, double budget, List<Duration> windows) {
  Quantity {
    windows = List.copyOf(windows);
  }

  Quantity over(Duration window) {
    return new Quantity(top, bottom, budget, List.of(window));
  }

  boolean isBurnRate() {
    return windows.size() > 1;
  }

  /** Samples without which its value says little. */
  int minSamples() {
    return bottom == null ? top.function().minSamples() : 20;
  }

  @Override
  public String toString() {
    String ratio = bottom == null ? top.toString() : top + " / " + bottom;
    if (!isBurnRate()) {
      return ratio;
    }
    return "burn("
        + ratio
        + ", "
        + (1 - budget)
        + ", "
        + RuleText.duration(windows.get(0))
        + ", "
        + RuleText.duration(windows.get(1))
        + ")";
  }
}
