package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings that all caches of one {@link Caches} share. Immutable.
 *
 * @param hitsPerAudit local hits of a cache for each comparison of a local copy with Redis, in the
 *     background, at most 200 a second; zero compares none; default 10,000
 * @param clockTick zero, as by default, and each hit reads the clock, which is half of what it
 *     costs; otherwise a thread reads the clock once in this time, at most 100 ms, and hits take
 *     the time from there. A copy may then count longer than its TTL and {@code maxStaleness} say,
 *     by one tick and by as long as that thread does not run: after a pause of the whole JVM the
 *     first reads may be older by the pause
 * @param micrometerNames whether each cache also has the meters that Micrometer names for caches,
 *     {@code cache.gets} and the like, so that dashboards for those fit; by default it has not
 */
public record CachesConfig(long hitsPerAudit, Duration clockTick, boolean micrometerNames) {
  private static final Duration MAX_TICK = Duration.ofMillis(100);

  public CachesConfig {
    if (hitsPerAudit < 0) {
      throw new IllegalArgumentException("hitsPerAudit: " + hitsPerAudit + " (expected: >= 0)");
    }
    if (requireNonNull(clockTick, "clockTick").isNegative() || clockTick.compareTo(MAX_TICK) > 0) {
      throw new IllegalArgumentException(
          "clockTick: " + clockTick + " (expected: zero, which means none, to 100 ms)");
    }
  }

  /** The defaults. */
  public static CachesConfig defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that holds these settings. */
  public Builder toBuilder() {
    return builder()
        .hitsPerAudit(hitsPerAudit)
        .clockTick(clockTick)
        .micrometerNames(micrometerNames);
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private long hitsPerAudit = 10_000;
    private Duration clockTick = Duration.ZERO;
    private boolean micrometerNames;

    private Builder() {}

    /** See {@link CachesConfig#hitsPerAudit()}. */
    public Builder hitsPerAudit(long hits) {
      hitsPerAudit = hits;
      return this;
    }

    /** See {@link CachesConfig#clockTick()}. */
    public Builder clockTick(Duration every) {
      clockTick = every;
      return this;
    }

    /** See {@link CachesConfig#micrometerNames()}. */
    public Builder micrometerNames(boolean too) {
      micrometerNames = too;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException if a value breaks a rule; it names the value and the rule
     */
    public CachesConfig build() {
      return new CachesConfig(hitsPerAudit, clockTick, micrometerNames);
    }
  }
}
