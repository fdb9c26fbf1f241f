package io.perfkit.cache;

import org.jspecify.annotations.Nullable;

/**
 * What a read found: a null value is an absent one. Immutable.
 *
 * @param stale whether its TTL has passed
 */
record Found<V>(@Nullable V value, Source source, boolean stale) {
  /** Where a value came from. */
  enum Source {
    L1,
    L2,
    LOADER
  }

  Found(@Nullable V value, Source source) {
    this(value, source, false);
  }
}
