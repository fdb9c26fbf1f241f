package io.perfkit.cache;

/** How far a read trusts the local copy. */
public enum ReadPolicy {
  /** As far as {@link CacheConfig#maxStaleness()} allows: the usual read. */
  LOCAL,

  /**
   * Not at all: asks Redis whether the copy is still valid, which costs one round trip and no
   * transfer of the value. Reflects every invalidation that Redis had executed when the read began.
   */
  VERIFY
}
