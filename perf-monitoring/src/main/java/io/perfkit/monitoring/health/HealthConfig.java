package io.perfkit.monitoring.health;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How checks are run. Immutable.
 *
 * @param interval from one run of a check to the next
 * @param timeout after which a run counts as down and is interrupted; not longer than interval
 * @param failures in a row that make a check that was up down
 * @param successes in a row that make a check that was down up
 * @param jitter largest random deviation of an interval, as a share of it
 */
public record HealthConfig(
    Duration interval, Duration timeout, int failures, int successes, double jitter) {
  private static final Duration MIN = Duration.ofMillis(10);
  private static final Duration MAX = Duration.ofHours(1);
  private static final int MAX_RESULTS = 100;

  /** Checks the rules. */
  public HealthConfig {
    requireBetween("interval", interval, MAX);
    requireBetween("timeout", timeout, MAX);
    if (timeout.compareTo(interval) > 0) {
      throw new IllegalArgumentException(
          "timeout: " + timeout + " (expected: not longer than interval " + interval + ")");
    }
    requireCount("failures", failures);
    requireCount("successes", successes);
    if (!(jitter >= 0 && jitter <= 0.5)) {
      throw new IllegalArgumentException("jitter: " + jitter + " (expected: 0 to 0.5)");
    }
  }

  private static void requireBetween(String name, Duration value, Duration max) {
    requireNonNull(value, name);
    if (value.compareTo(MIN) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + MIN + " to " + max + ")");
    }
  }

  private static void requireCount(String name, int value) {
    if (value < 1 || value > MAX_RESULTS) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: 1 to " + MAX_RESULTS + ")");
    }
  }

  /** Every 10 s, with 1 s of time; three failures, or two successes, in a row decide. */
  public static HealthConfig defaults() {
    return builder().build();
  }

  /** The defaults, to be changed. */
  public static Builder builder() {
    return new Builder();
  }

  /** These settings, to be changed. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.interval = interval;
    builder.timeout = timeout;
    builder.failures = failures;
    builder.successes = successes;
    builder.jitter = jitter;
    return builder;
  }

  /** Settings that can be changed. One thread at a time. */
  public static final class Builder {
    private Duration interval = Duration.ofSeconds(10);
    private Duration timeout = Duration.ofSeconds(1);
    private int failures = 3;
    private int successes = 2;
    private double jitter = 0.1;

    private Builder() {}

    /** From one run of a check to the next. */
    public Builder interval(Duration duration) {
      interval = duration;
      return this;
    }

    /** After which a run counts as down. */
    public Builder timeout(Duration duration) {
      timeout = duration;
      return this;
    }

    /** How many failures in a row make a check down. */
    public Builder failures(int count) {
      failures = count;
      return this;
    }

    /** How many successes in a row make a check up again. */
    public Builder successes(int count) {
      successes = count;
      return this;
    }

    /** By which share each interval varies. */
    public Builder jitter(double share) {
      jitter = share;
      return this;
    }

    /** The settings. */
    public HealthConfig build() {
      return new HealthConfig(interval, timeout, failures, successes, jitter);
    }
  }
}
