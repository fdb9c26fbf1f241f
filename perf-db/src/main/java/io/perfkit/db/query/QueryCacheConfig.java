package io.perfkit.db.query;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Settings of a query cache. Immutable.
 *
 * @param maxRows most rows of all cached results; default 100,000
 * @param ttl how long a result is kept, which bounds how late a change by another process is seen;
 *     default 1 min
 * @param maxWait how long a caller waits for the same load of another caller before it runs the
 *     query itself; default 1 s
 */
public record QueryCacheConfig(long maxRows, Duration ttl, Duration maxWait) {
  public QueryCacheConfig {
    if (maxRows < 1) {
      throw new IllegalArgumentException("maxRows: " + maxRows + " (expected: >= 1)");
    }
    if (requireNonNull(ttl, "ttl").compareTo(Duration.ofMillis(1)) < 0
        || ttl.compareTo(Duration.ofDays(1)) > 0) {
      throw new IllegalArgumentException("ttl: " + ttl + " (expected: 1 ms to 1 day)");
    }
    if (requireNonNull(maxWait, "maxWait").isNegative()
        || maxWait.compareTo(Duration.ofHours(1)) > 0) {
      throw new IllegalArgumentException("maxWait: " + maxWait + " (expected: zero to 1 h)");
    }
  }

  /** The defaults. */
  public static QueryCacheConfig defaults() {
    return builder().build();
  }

  /** A builder that holds the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** A builder that holds these settings, to derive others. */
  public Builder toBuilder() {
    return new Builder().maxRows(maxRows).ttl(ttl).maxWait(maxWait);
  }

  /** Collects settings; {@link #build()} checks them. One thread at a time. */
  public static final class Builder {
    private long maxRows = 100_000;
    private Duration ttl = Duration.ofMinutes(1);
    private Duration maxWait = Duration.ofSeconds(1);

    private Builder() {}

    /** See {@link QueryCacheConfig#maxRows()}. */
    public Builder maxRows(long rows) {
      maxRows = rows;
      return this;
    }

    /** See {@link QueryCacheConfig#ttl()}. */
    public Builder ttl(Duration life) {
      ttl = life;
      return this;
    }

    /** See {@link QueryCacheConfig#maxWait()}. */
    public Builder maxWait(Duration longest) {
      maxWait = longest;
      return this;
    }

    /**
     * The settings.
     *
     * @throws IllegalArgumentException naming the setting, its value and what is expected
     */
    public QueryCacheConfig build() {
      return new QueryCacheConfig(maxRows, ttl, maxWait);
    }
  }
}
