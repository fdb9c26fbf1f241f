package io.perfkit.cache;

/**
 * What a read does that only Redis could answer, or vouch for, while Redis is down. A cache serves
 * what it has by default ({@link CacheConfig#onRedisDown()} is {@link #SERVE_LOCAL}); a shared
 * structure, which has no loader and may hold revoked tokens, fails by default ({@link
 * SharedConfig#onRedisDown()} is {@link #FAIL}).
 */
public enum OnRedisDown {
  /**
   * Serves the local copy for its L1 TTL, though other nodes may have invalidated it, and loads
   * what there is no copy of.
   */
  SERVE_LOCAL,

  /**
   * Serves a local copy up to {@link CacheConfig#maxStaleness()}, and loads after that. Refused for
   * shared structures.
   */
  LOAD,

  /**
   * Throws {@link io.perfkit.redis.RedisUnavailable}, so that neither a stale value nor the load of
   * a storm gets through. The loader was not called, and no level was changed.
   */
  FAIL
}
