package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.function.LongUnaryOperator;

/**
 * How long a failed job waits for its next attempt: a random span up to {@code min(max, first *
 * 2^(attempt-1))}, known as full jitter, or exactly that bound. Immutable.
 *
 * @param first bound after the first attempt
 * @param max largest bound
 * @param jitter whether the span is drawn at random from zero to the bound
 */
public record Backoff(Duration first, Duration max, boolean jitter) {
  private static final Duration LONGEST = Duration.ofDays(366);

  public Backoff {
    if (requireNonNull(first, "first").isNegative() || first.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException("first: " + first + " (expected: 0 to " + LONGEST + ")");
    }
    if (requireNonNull(max, "max").compareTo(first) < 0 || max.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "max: " + max + " (expected: first, " + first + ", to " + LONGEST + ")");
    }
  }

  /** One second after the first attempt, doubling up to ten minutes, full jitter. */
  public static Backoff defaults() {
    return exponential(Duration.ofSeconds(1), Duration.ofMinutes(10));
  }

  /** Doubles from {@code first} up to {@code max}, full jitter. */
  public static Backoff exponential(Duration first, Duration max) {
    return new Backoff(first, max, true);
  }

  /** The same span after each attempt, no jitter. */
  public static Backoff fixed(Duration span) {
    return new Backoff(span, span, false);
  }

  /**
   * The span after an attempt, in milliseconds.
   *
   * @param attempt 1 after the first
   * @param random gives a number from 0 to below its argument
   */
  long millisAfter(int attempt, LongUnaryOperator random) {
    int doublings = Math.min(Math.max(attempt - 1, 0), 40);
    long most = max.toMillis();
    long bound = first.toMillis();
    bound = bound > most >> doublings ? most : bound << doublings;
    return jitter ? random.applyAsLong(bound + 1) : bound;
  }
}
