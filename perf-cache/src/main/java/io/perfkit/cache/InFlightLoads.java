package io.perfkit.cache;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The loads under way in this JVM, one for each key (single-flight). Thread safe. */
final class InFlightLoads<K, V> {
  private final ConcurrentMap<K, InFlightLoad<V>> loads = new ConcurrentHashMap<>();
  private final LocalLevel<K, V> local;

  InFlightLoads(LocalLevel<K, V> local) {
    this.local = local;
  }

  /** A read that no other thread waits for yet. */
  KeyRead<K, V> unshared(K key, Address address) {
    return new KeyRead<>(
        key, address, new InFlightLoad<>(address.text(), local.reading(address.hash())));
  }

  /**
   * The load to wait for: another thread's if it is current, or else that of {@code own}, which is
   * then the key's.
   */
  InFlightLoad<V> join(KeyRead<K, V> own) {
    return loads.compute(
        own.key(),
        (key, other) ->
            other != null && local.isWithinStalenessBound(other.reading(), own.hash())
                ? other
                : own.load()); // I1, I2
  }

  /** After it is done: later callers read anew. */
  void end(KeyRead<K, V> read) {
    loads.remove(read.key(), read.load());
  }
}
