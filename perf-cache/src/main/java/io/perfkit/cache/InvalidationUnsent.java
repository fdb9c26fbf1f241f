package io.perfkit.cache;

/**
 * Redis has been down for so long that no further invalidation can be kept for it. The entry is
 * gone from this node; Redis and the other nodes may hold it until its TTL ends.
 */
public final class InvalidationUnsent extends CacheException {
  InvalidationUnsent(String message, Throwable cause) {
    super(message, cause);
  }
}
