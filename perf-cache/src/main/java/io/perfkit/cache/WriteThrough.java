package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import java.util.Collection;
import java.util.List;

/**
 * Write-through with invalidation: writes to the source of a cache's values, and then invalidates
 * the keys on all nodes. Immutable, thread safe as its writer is.
 *
 * <p>The new value is not put into the cache: of two nodes that write one key, the one that commits
 * last need not be the one that would put last. The next read loads it, under a lease.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class WriteThrough<K, V> {
  private final Cache<K, V> cache;
  private final CacheWriter<K, V> writer;

  private WriteThrough(Cache<K, V> cache, CacheWriter<K, V> writer) {
    this.cache = requireNonNull(cache, "cache");
    this.writer = requireNonNull(writer, "writer");
  }

  /** Writes through {@code writer}, on the caller's thread. */
  public static <K, V> WriteThrough<K, V> of(Cache<K, V> cache, CacheWriter<K, V> writer) {
    return new WriteThrough<>(cache, writer);
  }

  /**
   * Writes a value. Blocks for the writer, then costs as {@link Cache#invalidate}.
   *
   * @throws RuntimeException what the writer threw, as it is; the cache is then unchanged. If the
   *     writer can't know whether it committed, invalidate the key yourself
   */
  public void put(K key, V value) {
    writeAll(List.of(Write.put(key, value)));
  }

  /** Removes a value; otherwise as {@link #put}. */
  public void remove(K key) {
    writeAll(List.of(Write.remove(key)));
  }

  /**
   * Writes all of them by one call of the writer, then invalidates all keys at once; otherwise as
   * {@link #put}.
   *
   * @param writes each key once
   */
  public void writeAll(Collection<Write<K, V>> writes) {
    List<Write<K, V>> all = List.copyOf(writes);
    List<K> keys = all.stream().map(Write::key).distinct().toList();
    if (keys.size() < all.size()) {
      throw new IllegalArgumentException(
          "writes: " + all.size() + " of " + keys.size() + " keys (expected: each key once)");
    }
    for (K key : keys) {
      String unused = cache.keyText(key); // rejects a key that no level could store
    }
    if (!all.isEmpty()) {
      writer.write(all);
      cache.invalidateAll(keys);
    }
  }

  @Override
  public String toString() {
    return "WriteThrough[" + cache + "]";
  }
}
