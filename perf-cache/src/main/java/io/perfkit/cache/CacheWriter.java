package io.perfkit.cache;

import java.util.List;

/**
 * Writes to the source of a cache's values, such as a database.
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
   *     then retries all of them, so writes must be idempotent
   */
  void write(List<Write<K, V>> writes);
}
