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
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that holds this rule, to derive others. */
  public Builder toBuilder() {
    return new Builder()
        .raiseAt(raiseAt)
        .clearAt(clearAt)
        .window(window)
        .hits(hits)
        .windows(windows);
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private double raiseAt = 0.8;
    private double clearAt = 0.7;
    private Duration window = Duration.ofSeconds(10);
    private int hits = 3;
    private int windows = 5;

    private Builder() {}

    /** See {@link UtilisationRule#raiseAt()}. */
    public Builder raiseAt(double share) {
      raiseAt = share;
      return this;
    }

    /** See {@link UtilisationRule#clearAt()}. */
    public Builder clearAt(double share) {
      clearAt = share;
      return this;
    }

    /** See {@link UtilisationRule#window()}. */
    public Builder window(Duration length) {
      window = length;
      return this;
    }

    /** See {@link UtilisationRule#hits()}. */
    public Builder hits(int count) {
      hits = count;
      return this;
    }

    /** See {@link UtilisationRule#windows()}. */
    public Builder windows(int count) {
      windows = count;
      return this;
    }

    /**
     * The rule.
     *
     * @throws IllegalArgumentException naming the setting, its value and what is expected
     */
    public UtilisationRule build() {
      return new UtilisationRule(raiseAt, clearAt, window, hits, windows);
    }
  }
}
