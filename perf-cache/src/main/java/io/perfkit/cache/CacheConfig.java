package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Settings of one cache. Immutable.
 *
 * @param maxEntries most local copies on each node, unless they are weighed; default 10,000
 * @param l1Ttl longest life of a local copy, and so the longest time for which a node can overlook
 *     an invalidation whose message was lost; default 30 s
 * @param l2Ttl life of an entry in Redis, not shorter than {@code l1Ttl}; default 10 min
 * @param maxStaleness a read reflects every invalidation of another node that is older than this,
 *     whatever messages are lost; a younger one may still be on its way. A heartbeat goes to Redis
 *     and back four times in this time. At least 100 ms; default 2 s
 * @param onRedisDown what a read that only Redis could answer, or confirm, does while Redis is
 *     down; default {@link OnRedisDown#SERVE_LOCAL}
 * @param absentTtl TTL of the knowledge that a key has no value (negative cache); default zero,
 *     which means none
 * @param jitter share of its life in Redis by which an entry may end sooner, at random, so that
 *     entries made together don't end together; 0 to 0.5, default 0.1
 * @param lease time a loader has to fill Redis; a slower one is not stored there. Other callers on
 *     its node wait for it for three times as long, or for {@code loadTimeoutHard} if that is
 *     longer; default 10 s
 * @param staleWhileRevalidate how long after its life in Redis a value still serves while one node
 *     loads a newer one in the background; default zero, which means not at all
 * @param staleIfError how long after its life in Redis a value still serves when the loader throws
 *     or takes too long; default zero, which means not at all
 * @param throttle pause between a failed load and the next one, while a stale value serves; default
 *     1 s
 * @param loadTimeoutSoft time after which a stale value serves, as by {@code staleIfError}, while
 *     the load goes on; default zero, which means no limit
 * @param loadTimeoutHard time after which a load's callers get {@link LoadTimedOut}; default zero,
 *     which means no limit
 * @param refreshAhead share of its life in Redis from whose end on a read of the value starts a new
 *     load in the background; 0 to 0.9, default zero, which means never
 * @param failureTtl how long a failed load is remembered, so that a storm of callers does not reach
 *     the loader; default zero, which means not at all
 * @param failures the kinds of exceptions that are remembered; none by default
 * @param maxWeight total weight of the local copies on each node, for a cache that is made with a
 *     weigher; default zero, which means that copies are counted
 * @param localIdle time after which a local copy without a read is dropped; default zero, which
 *     means never. A hit then reads the clock twice
 * @param copies whether callers share the values that a node keeps; default {@link Copies#SHARE}
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
    Duration staleWhileRevalidate,
    Duration staleIfError,
    Duration throttle,
    Duration loadTimeoutSoft,
    Duration loadTimeoutHard,
    double refreshAhead,
    Duration failureTtl,
    Set<Class<? extends Exception>> failures,
    long maxWeight,
    Duration localIdle,
    Copies copies,
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
    requireTtlOrZero("absentTtl", absentTtl);
    if (!(jitter >= 0 && jitter <= 0.5)) {
      throw new IllegalArgumentException("jitter: " + jitter + " (expected: 0 to 0.5)");
    }
    requireTtlOrZero("staleWhileRevalidate", staleWhileRevalidate);
    requireTtlOrZero("staleIfError", staleIfError);
    requireTtl("throttle", throttle);
    requireTtlOrZero("loadTimeoutSoft", loadTimeoutSoft);
    requireTtlOrZero("loadTimeoutHard", loadTimeoutHard);
    if (!loadTimeoutSoft.isZero() && staleIfError.isZero()) {
      throw new IllegalArgumentException(
          "loadTimeoutSoft: "
              + loadTimeoutSoft
              + " (expected: zero without staleIfError, which is what could serve then)");
    }
    if (!loadTimeoutHard.isZero() && loadTimeoutSoft.compareTo(loadTimeoutHard) > 0) {
      throw new IllegalArgumentException(
          "loadTimeoutSoft: "
              + loadTimeoutSoft
              + " (expected: <= loadTimeoutHard "
              + loadTimeoutHard
              + ")");
    }
    if (!(refreshAhead >= 0 && refreshAhead <= 0.9)) {
      throw new IllegalArgumentException("refreshAhead: " + refreshAhead + " (expected: 0 to 0.9)");
    }
    if (maxWeight < 0) {
      throw new IllegalArgumentException("maxWeight: " + maxWeight + " (expected: >= 0)");
    }
    requireTtlOrZero("localIdle", localIdle);
    requireNonNull(copies, "copies");
    requireTtlOrZero("failureTtl", failureTtl);
    failures = Set.copyOf(failures);
    if (failureTtl.isZero() != failures.isEmpty()) {
      throw new IllegalArgumentException(
          "failureTtl: "
              + failureTtl
              + " with "
              + failures.size()
              + " kinds of failures (expected: both or neither)");
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

  private static void requireTtlOrZero(String what, Duration ttl) {
    if (!requireNonNull(ttl, what).isZero()) {
      requireTtl(what, ttl);
    }
  }

  /** Whether a failure of a load is to be remembered. */
  boolean remembers(Throwable failure) {
    return failures.stream().anyMatch(kind -> kind.isInstance(failure));
  }

  /** How long a value stays in Redis after its TTL. */
  Duration gracePeriod() {
    return staleWhileRevalidate.compareTo(staleIfError) > 0 ? staleWhileRevalidate : staleIfError;
  }

  /**
   * How long a caller waits for a load of another thread of this JVM: a load that takes longer than
   * this may be waiting for that caller.
   */
  Duration waitBound() {
    Duration leases = lease.multipliedBy(3);
    return leases.compareTo(loadTimeoutHard) > 0 ? leases : loadTimeoutHard;
  }

  /** Whether callers wait for a load for a limited time. */
  boolean limitsLoads() {
    return !loadTimeoutSoft.isZero() || !loadTimeoutHard.isZero();
  }

  static void requireStaleness(Duration maxStaleness) {
    if (requireNonNull(maxStaleness, "maxStaleness").compareTo(STALENESS_MIN) < 0
        || maxStaleness.compareTo(TTL_MAX) > 0) {
      throw new IllegalArgumentException(
          "maxStaleness: " + maxStaleness + " (expected: 100 ms to 365 days)");
    }
  }

  /** How long {@code entry} lives, without jitter; zero if it is not to be kept. */
  Duration ttlOf(Entry<?> entry) {
    Duration ttl = entry.value() == null ? absentTtl : l2Ttl;
    return ttl.compareTo(entry.maxTtl()) < 0 ? ttl : entry.maxTtl();
  }

  /** The defaults. */
  public static CacheConfig defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that holds these settings. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.maxEntries = maxEntries;
    builder.l1Ttl = l1Ttl;
    builder.l2Ttl = l2Ttl;
    builder.maxStaleness = maxStaleness;
    builder.onRedisDown = onRedisDown;
    builder.absentTtl = absentTtl;
    builder.jitter = jitter;
    builder.lease = lease;
    builder.staleWhileRevalidate = staleWhileRevalidate;
    builder.staleIfError = staleIfError;
    builder.throttle = throttle;
    builder.loadTimeoutSoft = loadTimeoutSoft;
    builder.loadTimeoutHard = loadTimeoutHard;
    builder.refreshAhead = refreshAhead;
    builder.failureTtl = failureTtl;
    builder.failures = failures;
    builder.maxWeight = maxWeight;
    builder.localIdle = localIdle;
    builder.copies = copies;
    builder.compressAboveBytes = compressAboveBytes;
    builder.maxValueBytes = maxValueBytes;
    return builder;
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
    private Duration staleWhileRevalidate = Duration.ZERO;
    private Duration staleIfError = Duration.ZERO;
    private Duration throttle = Duration.ofSeconds(1);
    private Duration loadTimeoutSoft = Duration.ZERO;
    private Duration loadTimeoutHard = Duration.ZERO;
    private double refreshAhead;
    private Duration failureTtl = Duration.ZERO;
    private Set<Class<? extends Exception>> failures = Set.of();
    private long maxWeight;
    private Duration localIdle = Duration.ZERO;
    private Copies copies = Copies.SHARE;
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

    /** See {@link CacheConfig#staleWhileRevalidate()}. */
    public Builder staleWhileRevalidate(Duration time) {
      staleWhileRevalidate = time;
      return this;
    }

    /** See {@link CacheConfig#staleIfError()}. */
    public Builder staleIfError(Duration time) {
      staleIfError = time;
      return this;
    }

    /** See {@link CacheConfig#throttle()}. */
    public Builder throttle(Duration pause) {
      throttle = pause;
      return this;
    }

    /**
     * See {@link CacheConfig#loadTimeoutSoft()} and {@link CacheConfig#loadTimeoutHard()}. With a
     * limit, loads run on the executor of {@link Caches.Builder#executor}, and without one on their
     * caller's thread.
     */
    public Builder loadTimeout(Duration soft, Duration hard) {
      loadTimeoutSoft = soft;
      loadTimeoutHard = hard;
      return this;
    }

    /** See {@link CacheConfig#refreshAhead()}. */
    public Builder refreshAhead(double share) {
      refreshAhead = share;
      return this;
    }

    /**
     * See {@link CacheConfig#failureTtl()} and {@link CacheConfig#failures()}; subclasses are of
     * the kind too.
     */
    @SafeVarargs
    public final Builder failureTtl(Duration ttl, Class<? extends Exception>... kinds) {
      failureTtl = ttl;
      failures = new HashSet<>();
      for (Class<? extends Exception> kind : kinds) {
        failures.add(requireNonNull(kind, "kind"));
      }
      return this;
    }

    /** See {@link CacheConfig#maxWeight()}. */
    public Builder maxWeight(long weight) {
      maxWeight = weight;
      return this;
    }

    /** See {@link CacheConfig#localIdle()}. */
    public Builder localIdle(Duration time) {
      localIdle = time;
      return this;
    }

    /** See {@link CacheConfig#copies()}. */
    public Builder copies(Copies policy) {
      copies = policy;
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
          staleWhileRevalidate,
          staleIfError,
          throttle,
          loadTimeoutSoft,
          loadTimeoutHard,
          refreshAhead,
          failureTtl,
          failures,
          maxWeight,
          localIdle,
          copies,
          compressAboveBytes,
          maxValueBytes);
    }
  }
}
