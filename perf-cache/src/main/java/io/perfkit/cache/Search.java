package io.perfkit.cache;

import io.perfkit.cache.LocalLevel.Reading;

/** One key's way through the levels. */
record Search<K, V>(K key, Address address, Flight<V> flight) {
  Reading reading() {
    return flight.reading();
  }

  int hash() {
    return address.hash();
  }
}
