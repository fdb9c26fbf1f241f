package io.perfkit.cache;

import io.perfkit.cache.LocalLevel.Reading;
import org.jspecify.annotations.Nullable;

/** One key's read on its way through the levels. One thread at a time. */
final class KeyRead<K, V> {
  private final K key;
  private final Address address;
  private final InFlightLoad<V> load;
  private @Nullable Found<V> found;

  KeyRead(K key, Address address, InFlightLoad<V> load) {
    this.key = key;
    this.address = address;
    this.load = load;
  }

  K key() {
    return key;
  }

  Address address() {
    return address;
  }

  InFlightLoad<V> load() {
    return load;
  }

  Reading reading() {
    return load.reading();
  }

  int hash() {
    return address.hash();
  }

  /** The result, or null while there is none. */
  @Nullable Found<V> found() {
    return found;
  }

  void found(Found<V> what) {
    found = what;
  }
}
