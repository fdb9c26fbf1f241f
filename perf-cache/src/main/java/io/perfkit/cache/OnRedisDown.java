package io.perfkit.cache;

/** What a read does that only Redis could answer, or vouch for, while Redis is down. */
public enum OnRedisDown {
  /**
   * Serves the local copy for its L1 TTL, though other nodes may have invalidated it, and loads
   * what there is no copy of.
   */
  SERVE_LOCAL,

  /** Loads once a local copy is older than {@link CacheConfig#maxStaleness()}. */
  LOAD,

  /**
   * Throws {@link RedisDown}, so that neither a stale value nor the load of a storm gets through.
   */
  FAIL
}
