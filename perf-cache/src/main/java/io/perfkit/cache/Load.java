package io.perfkit.cache;

import io.perfkit.cache.Lookup.Outcome;

/** A search that neither level answered, and what Redis said. */
record Load<K, V>(Search<K, V> search, Lookup<V> lookup) {
  boolean isBusy() {
    return lookup.outcome() == Outcome.BUSY;
  }
}
