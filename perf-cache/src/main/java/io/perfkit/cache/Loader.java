package io.perfkit.cache;

import java.util.List;

/** Loads entries on a miss. */
interface Loader<K, V> {
  /** An entry for each key, in their order. */
  List<Entry<V>> load(List<K> keys);
}
