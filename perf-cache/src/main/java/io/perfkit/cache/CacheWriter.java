package io.perfkit.cache;

import java.util.List;

/**
 * Writes to where a cache's values come from, a database for instance.
 *
 * @param <K> keys
 * @param <V> values
 */
@FunctionalInterface
public interface CacheWriter<K, V> {

  /**
   * Returns when all of {@code writes} are committed.
   *
   * @param writes at least one, unmodifiable, each key once
   * @throws RuntimeException if not all of them are; a {@link io.perfkit.cache.behind.WriteBehind}
   *     then tries all of them again, so a write that is done twice must come to the same
   */
  void write(List<Write<K, V>> writes);
}
