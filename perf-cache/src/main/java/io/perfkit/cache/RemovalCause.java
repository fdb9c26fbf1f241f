package io.perfkit.cache;

/** Why a value has left this node's memory. */
public enum RemovalCause {
  /** The cache holds no more copies, or no more weight. */
  SIZE,
  /** Its life was over, or no caller asked for it during {@link CacheConfig#localIdle()}. */
  AGE,
  /** Its key, a tag of it or the whole cache was invalidated, here or on another node. */
  INVALIDATED,
  /** A newer value of its key took its place. */
  REPLACED
}
