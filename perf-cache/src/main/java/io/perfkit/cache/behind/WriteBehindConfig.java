package io.perfkit.cache.behind;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of a {@link WriteBehind}. Immutable.
 *
 * @param maxEntries most writes that wait or are under way, and so the most that are lost when the
 *     JVM dies; the caller of a further write writes it itself; default 10,000
 * @param maxBatch most writes of one call of the writer; default 100
 * @param delay longest time for which a write waits for others to join it; default 100 ms
 * @param maxAttempts least number of attempts of a write before it is given up; default 10
 * @param minBackoff pause before the second attempt, doubled before each further one; half of it is
 *     random; default 100 ms
 * @param maxBackoff longest pause; default 10 s
 * @param closeWithin how long {@link WriteBehind#close()} goes on writing; default 10 s
 */
public record WriteBehindConfig(
    int maxEntries,
    int maxBatch,
    Duration delay,
    int maxAttempts,
    Duration minBackoff,
    Duration maxBackoff,
    Duration closeWithin) {
  private static final Duration PAUSE_MAX = Duration.ofDays(1);

  public WriteBehindConfig {
    requireCount("maxEntries", maxEntries);
    requireCount("maxBatch", maxBatch);
    requireCount("maxAttempts", maxAttempts);
    requirePause("delay", delay);
    requirePause("minBackoff", minBackoff);
    requirePause("maxBackoff", maxBackoff);
    requirePause("closeWithin", closeWithin);
    if (maxBatch > maxEntries) {
      throw new IllegalArgumentException(
          "maxBatch: " + maxBatch + " (expected: <= maxEntries " + maxEntries + ")");
    }
    if (minBackoff.compareTo(maxBackoff) > 0) {
      throw new IllegalArgumentException(
          "minBackoff: " + minBackoff + " (expected: <= maxBackoff " + maxBackoff + ")");
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

  /** The pause after that many failed attempts, one or more, without its random part. */
  Duration backoff(int attempts) {
    Duration pause = minBackoff.multipliedBy(1L << Math.min(attempts - 1, 30));
    return pause.compareTo(maxBackoff) < 0 ? pause : maxBackoff;
  }

  /** Most writes in a batch of writes that failed that often; at last one. */
  int maxBatchAfter(int attempts) {
    return Math.max(1, maxBatch >> Math.min(attempts, 30));
  }

  /** The defaults. */
  public static WriteBehindConfig defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that holds these settings. */
  public Builder toBuilder() {
    return builder()
        .maxEntries(maxEntries)
        .maxBatch(maxBatch)
        .delay(delay)
        .maxAttempts(maxAttempts)
        .backoff(minBackoff, maxBackoff)
        .closeWithin(closeWithin);
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private int maxEntries = 10_000;
    private int maxBatch = 100;
    private Duration delay = Duration.ofMillis(100);
    private int maxAttempts = 10;
    private Duration minBackoff = Duration.ofMillis(100);
    private Duration maxBackoff = Duration.ofSeconds(10);
    private Duration closeWithin = Duration.ofSeconds(10);

    private Builder() {}

    /** See {@link WriteBehindConfig#maxEntries()}. */
    public Builder maxEntries(int count) {
      maxEntries = count;
      return this;
    }

    /** See {@link WriteBehindConfig#maxBatch()}. */
    public Builder maxBatch(int count) {
      maxBatch = count;
      return this;
    }

    /** See {@link WriteBehindConfig#delay()}. */
    public Builder delay(Duration atMost) {
      delay = atMost;
      return this;
    }

    /** See {@link WriteBehindConfig#maxAttempts()}. */
    public Builder maxAttempts(int count) {
      maxAttempts = count;
      return this;
    }

    /** See {@link WriteBehindConfig#minBackoff()} and {@link WriteBehindConfig#maxBackoff()}. */
    public Builder backoff(Duration min, Duration max) {
      minBackoff = min;
      maxBackoff = max;
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
          maxEntries, maxBatch, delay, maxAttempts, minBackoff, maxBackoff, closeWithin);
    }
  }
}
