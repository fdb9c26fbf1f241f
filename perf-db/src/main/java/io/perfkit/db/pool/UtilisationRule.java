package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * When a pool counts as too busy. A window is busy if the mean share of connections in use is at
 * least {@code raiseAt}, and calm if it is at most {@code clearAt}; the alert is raised when {@code
 * hits} of the last {@code windows} are busy, and cleared when as many are calm. Immutable.
 *
 * @param raiseAt share of the pool in use, above 0 to 1
 * @param clearAt share of the pool in use, from 0 to below {@code raiseAt}
 * @param window over which the share is averaged, at least 100 ms
 * @param hits windows that must agree, from 1 to {@code windows}
 * @param windows how many of the last are looked at, from 1 to 64
 */
public record UtilisationRule(
    double raiseAt, double clearAt, Duration window, int hits, int windows) {

  public UtilisationRule {
    if (!(raiseAt > 0 && raiseAt <= 1)) {
      throw new IllegalArgumentException("raiseAt: " + raiseAt + " (expected: above 0, to 1)");
    }
    if (!(clearAt >= 0 && clearAt < raiseAt)) {
      throw new IllegalArgumentException(
          "clearAt: " + clearAt + " (expected: 0 to below raiseAt " + raiseAt + ")");
    }
    if (requireNonNull(window, "window").compareTo(Duration.ofMillis(100)) < 0) {
      throw new IllegalArgumentException("window: " + window + " (expected: at least 100 ms)");
    }
    if (windows < 1 || windows > 64) {
      throw new IllegalArgumentException("windows: " + windows + " (expected: 1 to 64)");
    }
    if (hits < 1 || hits > windows) {
      throw new IllegalArgumentException(
          "hits: " + hits + " (expected: 1 to windows " + windows + ")");
    }
  }

  /** Raised at 80 %, cleared at 70 %, in 3 of the last 5 windows of 10 s. */
  public static UtilisationRule defaults() {
    return new UtilisationRule(0.8, 0.7, Duration.ofSeconds(10), 3, 5);
  }
}
