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
    return new QueryCacheConfig(100_000, Duration.ofMinutes(1), Duration.ofSeconds(1));
  }

  /** The same with another bound on rows. */
  public QueryCacheConfig withMaxRows(long rows) {
    return new QueryCacheConfig(rows, ttl, maxWait);
  }

  /** The same with another TTL. */
  public QueryCacheConfig withTtl(Duration life) {
    return new QueryCacheConfig(maxRows, life, maxWait);
  }

  /** The same with another bound on waiting. */
  public QueryCacheConfig withMaxWait(Duration time) {
    return new QueryCacheConfig(maxRows, ttl, time);
  }
}
