package io.perfkit.cache;

/**
 * The fallback of a read that only Redis could answer, or confirm, while Redis is down. A cache
 * serves its local copies by default ({@link CacheConfig#onRedisDown()} is {@link #SERVE_LOCAL}); a
 * shared structure, which has no loader and may hold revoked tokens, fails by default ({@link
 * SharedConfig#onRedisDown()} is {@link #FAIL}).
 */
public enum OnRedisDown {
  /**
   * Serves the local copy for its L1 TTL, though other nodes may have invalidated it, and loads a
   * key without a copy.
   */
  SERVE_LOCAL,

  /**
   * Serves a local copy up to {@link CacheConfig#maxStaleness()}, and loads after that. Refused for
   * shared structures.
   */
  LOAD,

  /**
   * Throws {@link io.perfkit.redis.RedisUnavailable}, so that neither stale values nor a storm of
   * loads can occur. The loader is not called, and no level changes.
   */
  FAIL
}
