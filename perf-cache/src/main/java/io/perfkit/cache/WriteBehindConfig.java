package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of a {@link WriteBehind}. Immutable.
 *
 * @param entriesMax most writes that wait or are under way, and so the most that a JVM that dies
 *     loses; one more is written by its caller; default 10,000
 * @param batchMax most writes of one call of the writer; default 100
 * @param delay longest time for which a write waits for others to join it; default 100 ms
 * @param attemptsMax how often a write is tried, at least, before it is given up; default 10
 * @param backoffMin pause before the second attempt, doubled before each further one; half of it is
 *     random; default 100 ms
 * @param backoffMax longest pause; default 10 s
 * @param closeWithin how long {@link WriteBehind#close()} goes on writing; default 10 s
 */
public record WriteBehindConfig(
    int entriesMax,
    int batchMax,
    Duration delay,
    int attemptsMax,
    Duration backoffMin,
    Duration backoffMax,
    Duration closeWithin) {
  private static final Duration PAUSE_MAX = Duration.ofDays(1);

  public WriteBehindConfig {
    requireCount("entriesMax", entriesMax);
    requireCount("batchMax", batchMax);
    requireCount("attemptsMax", attemptsMax);
    requirePause("delay", delay);
    requirePause("backoffMin", backoffMin);
    requirePause("backoffMax", backoffMax);
    requirePause("closeWithin", closeWithin);
    if (batchMax > entriesMax) {
      throw new IllegalArgumentException(
          "batchMax: " + batchMax + " (expected: <= entriesMax " + entriesMax + ")");
    }
    if (backoffMin.compareTo(backoffMax) > 0) {
      throw new IllegalArgumentException(
          "backoffMin: " + backoffMin + " (expected: <= backoffMax " + backoffMax + ")");
    }
  }

  private static void requireCount(String what, int count) {
    if (count < 1 || count > 1 << 24) {
      throw new IllegalArgumentException(what + ": " + count + " (expected: 1 to 16777216)");
    }
  }

  private static void requirePause(String what, Duration pause) {
    if (requireNonNull(pause, what).compareTo(Duration.ofMillis(1)) < 0
        || pause.compareTo(PAUSE_MAX) > 0) {
      throw new IllegalArgumentException(what + ": " + pause + " (expected: 1 ms to 1 day)");
    }
  }

  /** The pause after that many attempts of which all failed, one or more, its random part apart. */
  Duration backoff(int attempts) {
    Duration pause = backoffMin.multipliedBy(1L << Math.min(attempts - 1, 30));
    return pause.compareTo(backoffMax) < 0 ? pause : backoffMax;
  }

  /** Most writes in a batch of writes that failed that often: in the end each is alone. */
  int batchMaxAfter(int attempts) {
    return Math.max(1, batchMax >> Math.min(attempts, 30));
  }

  /** The defaults. */
  public static WriteBehindConfig defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private int entriesMax = 10_000;
    private int batchMax = 100;
    private Duration delay = Duration.ofMillis(100);
    private int attemptsMax = 10;
    private Duration backoffMin = Duration.ofMillis(100);
    private Duration backoffMax = Duration.ofSeconds(10);
    private Duration closeWithin = Duration.ofSeconds(10);

    private Builder() {}

    /** See {@link WriteBehindConfig#entriesMax()}. */
    public Builder entriesMax(int count) {
      entriesMax = count;
      return this;
    }

    /** See {@link WriteBehindConfig#batchMax()}. */
    public Builder batchMax(int count) {
      batchMax = count;
      return this;
    }

    /** See {@link WriteBehindConfig#delay()}. */
    public Builder delay(Duration atMost) {
      delay = atMost;
      return this;
    }

    /** See {@link WriteBehindConfig#attemptsMax()}. */
    public Builder attemptsMax(int count) {
      attemptsMax = count;
      return this;
    }

    /** See {@link WriteBehindConfig#backoffMin()} and {@link WriteBehindConfig#backoffMax()}. */
    public Builder backoff(Duration min, Duration max) {
      backoffMin = min;
      backoffMax = max;
      return this;
    }

    /** See {@link WriteBehindConfig#closeWithin()}. */
    public Builder closeWithin(Duration deadline) {
      closeWithin = deadline;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if a value breaks a rule; it names the value and the rule
     */
    public WriteBehindConfig build() {
      return new WriteBehindConfig(
          entriesMax, batchMax, delay, attemptsMax, backoffMin, backoffMax, closeWithin);
    }
  }
}
