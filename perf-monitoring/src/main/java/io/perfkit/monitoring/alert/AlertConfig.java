package io.perfkit.monitoring.alert;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * How rules are evaluated. Immutable.
 *
 * @param interval from one evaluation to the next
 * @param noDataAfter how long an alert without data stays as it is, by {@link NoData#HOLD}
 * @param maxChanges how often an alert may fire or resolve within {@code flapWindow}; beyond that
 *     it is {@link AlertState#FLAPPING}
 * @param flapWindow over which changes count; flapping ends after as long without a change
 * @param maxScopes values of its {@code by} tag that a rule tells apart; further ones are left out
 * @param maxHistory alerts that have fired and are kept for {@link Alerts#fired}
 */
public record AlertConfig(
    Duration interval,
    Duration noDataAfter,
    int maxChanges,
    Duration flapWindow,
    int maxScopes,
    int maxHistory) {
  private static final Duration MAX = Duration.ofDays(1);
  private static final int MAX_COUNT = 10_000;

  /** Checks the rules. */
  public AlertConfig {
    requireBetween("interval", interval, Duration.ofMillis(100), Duration.ofMinutes(10));
    requireBetween("noDataAfter", noDataAfter, interval, MAX);
    requireCount("maxChanges", maxChanges);
    requireBetween("flapWindow", flapWindow, interval, MAX);
    requireCount("maxScopes", maxScopes);
    requireCount("maxHistory", maxHistory);
  }

  private static void requireBetween(String name, Duration value, Duration min, Duration max) {
    requireNonNull(value, name);
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: " + min + " to " + max + ")");
    }
  }

  private static void requireCount(String name, int value) {
    if (value < 1 || value > MAX_COUNT) {
      throw new IllegalArgumentException(
          name + ": " + value + " (expected: 1 to " + MAX_COUNT + ")");
    }
  }

  /** Every 15 s; no data for 5 min resolves; more than 4 changes in 30 min are flapping. */
  public static AlertConfig defaults() {
    return builder().build();
  }

  /** The defaults, to be changed. */
  public static Builder builder() {
    return new Builder();
  }

  /** Settings that can be changed. One thread at a time. */
  public static final class Builder {
    private Duration interval = Duration.ofSeconds(15);
    private Duration noDataAfter = Duration.ofMinutes(5);
    private int maxChanges = 4;
    private Duration flapWindow = Duration.ofMinutes(30);
    private int maxScopes = 100;
    private int maxHistory = 100;

    private Builder() {}

    /** From one evaluation to the next. */
    public Builder interval(Duration duration) {
      interval = duration;
      return this;
    }

    /** How long an alert without data stays as it is. */
    public Builder noDataAfter(Duration duration) {
      noDataAfter = duration;
      return this;
    }

    /** How often an alert may change before it is flapping. */
    public Builder maxChanges(int count) {
      maxChanges = count;
      return this;
    }

    /** Over which changes count. */
    public Builder flapWindow(Duration duration) {
      flapWindow = duration;
      return this;
    }

    /** How many scopes a rule tells apart. */
    public Builder maxScopes(int count) {
      maxScopes = count;
      return this;
    }

    /** How many alerts that fired are kept. */
    public Builder maxHistory(int count) {
      maxHistory = count;
      return this;
    }

    /** The settings. */
    public AlertConfig build() {
      return new AlertConfig(interval, noDataAfter, maxChanges, flapWindow, maxScopes, maxHistory);
    }
  }
}
