package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of one limiter. Immutable.
 *
 * @param keysMax keys of all policies that one node counts by itself, in process or for {@link
 *     FailureMode.Kind#LOCAL}; a key whose permits are all there is forgotten, and beyond this
 *     bound new keys share one count for each policy; default 100,000
 * @param denialsMax refusals that a node remembers, so that it can repeat them without Redis;
 *     default 10,000
 * @param denialMemory longest time for which a refusal is repeated from memory, and so the longest
 *     that a refund, reset or block on another node is overlooked; zero means none; default 1 s
 * @param offendersMax keys with the most refusals that are watched; default 100
 */
public record RateLimiterConfig(
    int keysMax, int denialsMax, Duration denialMemory, int offendersMax) {
  private static final Duration MEMORY_MAX = Duration.ofHours(1);

  public RateLimiterConfig {
    requirePositive("keysMax", keysMax);
    requirePositive("denialsMax", denialsMax);
    requirePositive("offendersMax", offendersMax);
    if (requireNonNull(denialMemory, "denialMemory").isNegative()
        || denialMemory.compareTo(MEMORY_MAX) > 0) {
      throw new IllegalArgumentException(
          "denialMemory: " + denialMemory + " (expected: zero to " + MEMORY_MAX + ")");
    }
  }

  /** The defaults. */
  public static RateLimiterConfig defaults() {
    return new RateLimiterConfig(100_000, 10_000, Duration.ofSeconds(1), 100);
  }

  /** The same settings with another bound of keys that a node counts by itself. */
  public RateLimiterConfig withKeysMax(int count) {
    return new RateLimiterConfig(count, denialsMax, denialMemory, offendersMax);
  }

  /** The same settings with another memory of refusals. */
  public RateLimiterConfig withDenials(int count, Duration memory) {
    return new RateLimiterConfig(keysMax, count, memory, offendersMax);
  }

  /** The same settings with another number of watched keys. */
  public RateLimiterConfig withOffendersMax(int count) {
    return new RateLimiterConfig(keysMax, denialsMax, denialMemory, count);
  }

  private static void requirePositive(String what, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + ": " + value + " (expected: >= 1)");
    }
  }
}
