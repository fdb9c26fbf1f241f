package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of one cache. Immutable.
 *
 * @param maxEntries of L1, on each node; default 10,000
 * @param l1Ttl longest life of a local copy, and so the longest that a node can miss an
 *     invalidation whose message was lost; default 30 s
 * @param l2Ttl life of an entry in Redis, not shorter than {@code l1Ttl}; default 10 min
 * @param absentTtl how long it is kept that a key has no value; default zero, which means not at
 *     all
 * @param jitter share of its life in Redis by which an entry may end sooner, at random, so that
 *     entries made together don't end together; 0 to 0.5, default 0.1
 * @param lease time a loader has to fill Redis; a slower one is not stored there; default 10 s
 * @param compressAboveBytes longer payloads are deflated in Redis; equal to {@code maxValueBytes},
 *     as by default, means never
 * @param maxValueBytes longest payload of a value; default 16 MiB
 */
public record CacheConfig(
    long maxEntries,
    Duration l1Ttl,
    Duration l2Ttl,
    Duration maxStaleness,
    OnRedisDown onRedisDown,
    Duration absentTtl,
    double jitter,
    Duration lease,
    int compressAboveBytes,
    int maxValueBytes) {

  private static final Duration STALENESS_MIN = Duration.ofMillis(100);
  static final Duration TTL_MAX = Duration.ofDays(365);

  public CacheConfig {
    if (maxEntries < 1) {
      throw new IllegalArgumentException("maxEntries: " + maxEntries + " (expected: >= 1)");
    }
    requireTtl("l1Ttl", l1Ttl);
    requireTtl("l2Ttl", l2Ttl);
    requireTtl("lease", lease);
    if (l1Ttl.compareTo(l2Ttl) > 0) {
      throw new IllegalArgumentException("l1Ttl: " + l1Ttl + " (expected: <= l2Ttl " + l2Ttl + ")");
    }
    requireStaleness(maxStaleness);
    requireNonNull(onRedisDown, "onRedisDown");
    if (!absentTtl.isZero()) {
      requireTtl("absentTtl", absentTtl);
    }
    if (!(jitter >= 0 && jitter <= 0.5)) {
      throw new IllegalArgumentException("jitter: " + jitter + " (expected: 0 to 0.5)");
    }
    if (maxValueBytes < 1 || maxValueBytes > 512 << 20) {
      throw new IllegalArgumentException(
          "maxValueBytes: " + maxValueBytes + " (expected: 1 to 536870912)");
    }
    if (compressAboveBytes < 0 || compressAboveBytes > maxValueBytes) {
      throw new IllegalArgumentException(
          "compressAboveBytes: "
              + compressAboveBytes
              + " (expected: 0 to maxValueBytes "
              + maxValueBytes
              + ", which means never)");
    }
  }

  static void requireTtl(String what, Duration ttl) {
    if (requireNonNull(ttl, what).compareTo(Duration.ofMillis(1)) < 0
        || ttl.compareTo(TTL_MAX) > 0) {
      throw new IllegalArgumentException(what + ": " + ttl + " (expected: 1 ms to 365 days)");
    }
  }

  static void requireStaleness(Duration maxStaleness) {
    if (requireNonNull(maxStaleness, "maxStaleness").compareTo(STALENESS_MIN) < 0
        || maxStaleness.compareTo(TTL_MAX) > 0) {
      throw new IllegalArgumentException(
          "maxStaleness: " + maxStaleness + " (expected: 100 ms to 365 days)");
    }
  }

  /** How long {@code entry} lives, jitter apart; zero if it is not to be kept. */
  Duration lifeOf(Entry<?> entry) {
    Duration life = entry.value() == null ? absentTtl : l2Ttl;
    return life.compareTo(entry.ttlMax()) < 0 ? life : entry.ttlMax();
  }

  /** The defaults. */
  public static CacheConfig defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private long maxEntries = 10_000;
    private Duration l1Ttl = Duration.ofSeconds(30);
    private Duration l2Ttl = Duration.ofMinutes(10);
    private Duration maxStaleness = Duration.ofSeconds(2);
    private OnRedisDown onRedisDown = OnRedisDown.SERVE_LOCAL;
    private Duration absentTtl = Duration.ZERO;
    private double jitter = 0.1;
    private Duration lease = Duration.ofSeconds(10);
    private int compressAboveBytes = 16 << 20;
    private int maxValueBytes = 16 << 20;

    private Builder() {}

    /** See {@link CacheConfig#maxEntries()}. */
    public Builder maxEntries(long count) {
      maxEntries = count;
      return this;
    }

    /** See {@link CacheConfig#l1Ttl()}. */
    public Builder l1Ttl(Duration ttl) {
      l1Ttl = ttl;
      return this;
    }

    /** See {@link CacheConfig#l2Ttl()}. */
    public Builder l2Ttl(Duration ttl) {
      l2Ttl = ttl;
      return this;
    }

    /** See {@link CacheConfig#maxStaleness()}. */
    public Builder maxStaleness(Duration bound) {
      maxStaleness = bound;
      return this;
    }

    /** See {@link CacheConfig#onRedisDown()}. */
    public Builder onRedisDown(OnRedisDown policy) {
      onRedisDown = policy;
      return this;
    }

    /** See {@link CacheConfig#absentTtl()}. */
    public Builder absentTtl(Duration ttl) {
      absentTtl = ttl;
      return this;
    }

    /** See {@link CacheConfig#jitter()}. */
    public Builder jitter(double share) {
      jitter = share;
      return this;
    }

    /** See {@link CacheConfig#lease()}. */
    public Builder lease(Duration duration) {
      lease = duration;
      return this;
    }

    /** See {@link CacheConfig#compressAboveBytes()}. */
    public Builder compressAboveBytes(int bytes) {
      compressAboveBytes = bytes;
      return this;
    }

    /** See {@link CacheConfig#maxValueBytes()}; compression that was off stays off. */
    public Builder maxValueBytes(int bytes) {
      compressAboveBytes = compressAboveBytes == maxValueBytes ? bytes : compressAboveBytes;
      maxValueBytes = bytes;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if a value breaks a rule; it names the value and the rule
     */
    public CacheConfig build() {
      return new CacheConfig(
          maxEntries,
          l1Ttl,
          l2Ttl,
          maxStaleness,
          onRedisDown,
          absentTtl,
          jitter,
          lease,
          compressAboveBytes,
          maxValueBytes);
    }
  }
}
