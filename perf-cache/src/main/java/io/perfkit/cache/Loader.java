package io.perfkit.cache;

import java.util.Map;
import java.util.Set;

/** Loads entries; a key that its result lacks has no value. */
interface Loader<K, V> {
  Map<K, Entry<V>> load(Set<K> keys);
}
