package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of one limiter. Immutable.
 *
 * @param maxKeys keys of all policies that one node counts itself, in process or for {@link
 *     OnRedisDown.Kind#LOCAL}; a key with all its permits is forgotten, and beyond this bound new
 *     keys share one counter for each policy; default 100,000
 * @param maxDenials refusals in the denial cache, which a node repeats without Redis; default
 *     10,000
 * @param denialTtl longest time for which a refusal is repeated from the denial cache, and so the
 *     longest for which a refund, reset or block on another node is overlooked; zero means no
 *     cache; default 1 s
 * @param maxRefusedKeys keys that {@link RateLimiter#topRefused()} tracks; default 100
 */
public record RateLimiterConfig(
    int maxKeys, int maxDenials, Duration denialTtl, int maxRefusedKeys) {
  private static final Duration MAX_DENIAL_TTL = Duration.ofHours(1);

  public RateLimiterConfig {
    requirePositive("maxKeys", maxKeys);
    requirePositive("maxDenials", maxDenials);
    requirePositive("maxRefusedKeys", maxRefusedKeys);
    if (requireNonNull(denialTtl, "denialTtl").isNegative()
        || denialTtl.compareTo(MAX_DENIAL_TTL) > 0) {
      throw new IllegalArgumentException(
          "denialTtl: " + denialTtl + " (expected: zero to " + MAX_DENIAL_TTL + ")");
    }
  }

  /** The defaults. */
  public static RateLimiterConfig defaults() {
    return builder().build();
  }

  /** A builder that begins with the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that begins with these settings. */
  public Builder toBuilder() {
    return builder()
        .maxKeys(maxKeys)
        .maxDenials(maxDenials)
        .denialTtl(denialTtl)
        .maxRefusedKeys(maxRefusedKeys);
  }

  private static void requirePositive(String what, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + ": " + value + " (expected: >= 1)");
    }
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private int maxKeys = 100_000;
    private int maxDenials = 10_000;
    private Duration denialTtl = Duration.ofSeconds(1);
    private int maxRefusedKeys = 100;

    private Builder() {}

    /** See {@link RateLimiterConfig#maxKeys()}. */
    public Builder maxKeys(int count) {
      maxKeys = count;
      return this;
    }

    /** See {@link RateLimiterConfig#maxDenials()}. */
    public Builder maxDenials(int count) {
      maxDenials = count;
      return this;
    }

    /** See {@link RateLimiterConfig#denialTtl()}. */
    public Builder denialTtl(Duration ttl) {
      denialTtl = ttl;
      return this;
    }

    /** See {@link RateLimiterConfig#maxRefusedKeys()}. */
    public Builder maxRefusedKeys(int count) {
      maxRefusedKeys = count;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if a bound is below 1, or {@code denialTtl} is negative or
     *     above 1 h
     */
    public RateLimiterConfig build() {
      return new RateLimiterConfig(maxKeys, maxDenials, denialTtl, maxRefusedKeys);
    }
  }
}
