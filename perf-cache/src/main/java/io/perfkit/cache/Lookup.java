package io.perfkit.cache;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What Redis holds of a key: an entry, or else perhaps the lease to fill it.
 *
 * @param hit null if there is no entry
 * @param lease null if there is an entry, another holds the lease, or Redis is down
 */
record Lookup<V>(@Nullable Hit<V> hit, @Nullable Lease lease) {

  /** An entry; a null value says that there is no value. */
  record Hit<V>(@Nullable V value, Set<String> tags, Duration timeLeft) {}

  static <V> Lookup<V> nothing() {
    return new Lookup<>(null, null);
  }
}
