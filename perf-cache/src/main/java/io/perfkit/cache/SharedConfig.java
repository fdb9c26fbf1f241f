package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of one {@link SharedHash}, {@link SharedList} or {@link SharedSet}, or of all those of
 * one name. Immutable.
 *
 * @param maxMembers most fields of a hash, elements of a list or members of a set in Redis: a hash
 *     or set refuses more, a list drops its other end; default 10,000. A set that is spread holds
 *     up to 64 times as many
 * @param maxMemberBytes longest payload of a field, value, element or member; default 64 KiB
 * @param maxCopyMembers most members of a local copy; of a structure with more, each read asks
 *     Redis for just what it needs; default 1,000
 * @param maxCopies most local copies of structures that have an id; default 10,000
 * @param ttl life of a hash or list after its last write, and of a member of a set that is added
 *     without one; zero, as by default, is for ever
 * @param localTtl longest life of a local copy, after which it is read again even without a
 *     message: the bound for evictions by Redis and for writes of other programs to the same keys;
 *     default 30 s
 * @param maxStaleness a read reflects every change on other nodes that is older than this, whatever
 *     messages are lost; default 2 s
 * @param onRedisDown what a read does that only Redis can answer, while Redis is down: {@link
 *     OnRedisDown#FAIL}, as by default, or {@link OnRedisDown#SERVE_LOCAL}; there is nothing to
 *     load from
 */
public record SharedConfig(
    int maxMembers,
    int maxMemberBytes,
    int maxCopyMembers,
    int maxCopies,
    Duration ttl,
    Duration localTtl,
    Duration maxStaleness,
    OnRedisDown onRedisDown) {

  public SharedConfig {
    requireAtLeastOne("maxMembers", maxMembers);
    if (maxMemberBytes < 1 || maxMemberBytes > 512 << 20) {
      throw new IllegalArgumentException(
          "maxMemberBytes: " + maxMemberBytes + " (expected: 1 to 536870912)");
    }
    requireAtLeastOne("maxCopyMembers", maxCopyMembers);
    requireAtLeastOne("maxCopies", maxCopies);
    if (!requireNonNull(ttl, "ttl").isZero()) {
      CacheConfig.requireTtl("ttl", ttl);
    }
    CacheConfig.requireTtl("localTtl", localTtl);
    CacheConfig.requireStaleness(maxStaleness);
    if (requireNonNull(onRedisDown, "onRedisDown") == OnRedisDown.LOAD) {
      throw new IllegalArgumentException(
          "onRedisDown: LOAD (expected: FAIL or SERVE_LOCAL; a structure has no loader)");
    }
  }

  private static void requireAtLeastOne(String what, int count) {
    if (count < 1) {
      throw new IllegalArgumentException(what + ": " + count + " (expected: >= 1)");
    }
  }

  /** The bounds of the local copies as settings of a cache. */
  CacheConfig copies(int count) {
    return CacheConfig.builder()
        .maxEntries(count)
        .l1Ttl(localTtl)
        .l2Ttl(CacheConfig.TTL_MAX)
        .maxStaleness(maxStaleness)
        .build();
  }

  /** The defaults. */
  public static SharedConfig defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that holds these settings. */
  public Builder toBuilder() {
    return builder()
        .maxMembers(maxMembers)
        .maxMemberBytes(maxMemberBytes)
        .maxCopyMembers(maxCopyMembers)
        .maxCopies(maxCopies)
        .ttl(ttl)
        .localTtl(localTtl)
        .maxStaleness(maxStaleness)
        .onRedisDown(onRedisDown);
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private int maxMembers = 10_000;
    private int maxMemberBytes = 64 << 10;
    private int maxCopyMembers = 1_000;
    private int maxCopies = 10_000;
    private Duration ttl = Duration.ZERO;
    private Duration localTtl = Duration.ofSeconds(30);
    private Duration maxStaleness = Duration.ofSeconds(2);
    private OnRedisDown onRedisDown = OnRedisDown.FAIL;

    private Builder() {}

    /** See {@link SharedConfig#maxMembers()}. */
    public Builder maxMembers(int count) {
      maxMembers = count;
      return this;
    }

    /** See {@link SharedConfig#maxMemberBytes()}. */
    public Builder maxMemberBytes(int bytes) {
      maxMemberBytes = bytes;
      return this;
    }

    /** See {@link SharedConfig#maxCopyMembers()}. */
    public Builder maxCopyMembers(int count) {
      maxCopyMembers = count;
      return this;
    }

    /** See {@link SharedConfig#maxCopies()}. */
    public Builder maxCopies(int count) {
      maxCopies = count;
      return this;
    }

    /** See {@link SharedConfig#ttl()}. */
    public Builder ttl(Duration life) {
      ttl = life;
      return this;
    }

    /** See {@link SharedConfig#localTtl()}. */
    public Builder localTtl(Duration life) {
      localTtl = life;
      return this;
    }

    /** See {@link SharedConfig#maxStaleness()}. */
    public Builder maxStaleness(Duration bound) {
      maxStaleness = bound;
      return this;
    }

    /** See {@link SharedConfig#onRedisDown()}. */
    public Builder onRedisDown(OnRedisDown policy) {
      onRedisDown = policy;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if a value breaks a rule; it names the value and the rule
     */
    public SharedConfig build() {
      return new SharedConfig(
          maxMembers,
          maxMemberBytes,
          maxCopyMembers,
          maxCopies,
          ttl,
          localTtl,
          maxStaleness,
          onRedisDown);
    }
  }
}
