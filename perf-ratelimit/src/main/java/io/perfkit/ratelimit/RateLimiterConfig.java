package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of one limiter. Immutable.
 *
 * @param maxKeys keys of one policy that a node counts itself, in process or for {@link
 *     OnRedisDown.Kind#LOCAL}; a key with all its permits is forgotten, and beyond this bound new
 *     keys of that policy share one counter; default 100,000
 * @param maxBytes memory for those keys of one policy, by the sizes in {@code
 *     docs/concepts/rate-limits.md}; the smaller of both bounds counts; default 64 MiB
 * @param maxDenials refusals in the denial cache, which a node repeats without Redis; default
 *     10,000
 * @param denialTtl longest time for which a refusal is repeated from the denial cache, and so the
 *     longest for which a refund, reset or block on another node is overlooked; zero means no
 *     cache; default 1 s
 * @param maxRefusedKeys keys that {@link RateLimiter#topRefused()} tracks; default 100
 * @param maxLimits limits of single keys of one policy that a node keeps after {@link
 *     RateLimiter.Builder#limits looking them up}; default 10,000
 * @param limitTtl after which such a limit is looked up again, and so the longest for which a
 *     change is overlooked; 1 ms to 1 day, default 1 min
 */
public record RateLimiterConfig(
    int maxKeys,
    long maxBytes,
    int maxDenials,
    Duration denialTtl,
    int maxRefusedKeys,
    int maxLimits,
    Duration limitTtl) {
  private static final long MIN_BYTES = 64 * 1024;
  private static final Duration MAX_LIMIT_TTL = Duration.ofDays(1);
  private static final Duration MAX_DENIAL_TTL = Duration.ofHours(1);

  public RateLimiterConfig {
    requirePositive("maxKeys", maxKeys);
    requirePositive("maxDenials", maxDenials);
    requirePositive("maxRefusedKeys", maxRefusedKeys);
    requirePositive("maxLimits", maxLimits);
    if (maxBytes < MIN_BYTES) {
      throw new IllegalArgumentException(
          "maxBytes: " + maxBytes + " (expected: >= " + MIN_BYTES + ")");
    }
    if (requireNonNull(limitTtl, "limitTtl").compareTo(Duration.ofMillis(1)) < 0
        || limitTtl.compareTo(MAX_LIMIT_TTL) > 0) {
      throw new IllegalArgumentException(
          "limitTtl: " + limitTtl + " (expected: 1 ms to " + MAX_LIMIT_TTL + ")");
    }
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
        .maxBytes(maxBytes)
        .maxDenials(maxDenials)
        .denialTtl(denialTtl)
        .maxRefusedKeys(maxRefusedKeys)
        .maxLimits(maxLimits)
        .limitTtl(limitTtl);
  }

  private static void requirePositive(String what, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(what + ": " + value + " (expected: >= 1)");
    }
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private int maxKeys = 100_000;
    private long maxBytes = 64L * 1024 * 1024;
    private int maxDenials = 10_000;
    private Duration denialTtl = Duration.ofSeconds(1);
    private int maxRefusedKeys = 100;
    private int maxLimits = 10_000;
    private Duration limitTtl = Duration.ofMinutes(1);

    private Builder() {}

    /** See {@link RateLimiterConfig#maxKeys()}. */
    public Builder maxKeys(int count) {
      maxKeys = count;
      return this;
    }

    /** See {@link RateLimiterConfig#maxBytes()}. */
    public Builder maxBytes(long bytes) {
      maxBytes = bytes;
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

    /** See {@link RateLimiterConfig#maxLimits()}. */
    public Builder maxLimits(int count) {
      maxLimits = count;
      return this;
    }

    /** See {@link RateLimiterConfig#limitTtl()}. */
    public Builder limitTtl(Duration ttl) {
      limitTtl = ttl;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if a count is below 1, {@code maxBytes} below 64 KiB, {@code
     *     denialTtl} negative or above 1 h, or {@code limitTtl} below 1 ms or above 1 day
     */
    public RateLimiterConfig build() {
      return new RateLimiterConfig(
          maxKeys, maxBytes, maxDenials, denialTtl, maxRefusedKeys, maxLimits, limitTtl);
    }
  }
}
