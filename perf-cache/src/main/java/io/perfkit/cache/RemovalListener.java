package io.perfkit.cache;

/**
 * Hears which values leave this node's memory, see {@link Cache#onRemoval}. Called by one thread at
 * a time.
 */
@FunctionalInterface
public interface RemovalListener<K, V> {

  /** A value has left; the cache may hold a newer one of the key by now. */
  void removed(K key, V value, RemovalCause cause);
}
