package io.perfkit.cache;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/** The searches under way in this JVM, one for each key. Thread safe. */
final class Flights<K, V> {
  private final ConcurrentMap<K, Flight<V>> flights = new ConcurrentHashMap<>();
  private final LocalLevel<K, V> local;

  Flights(LocalLevel<K, V> local) {
    this.local = local;
  }

  /** A search that nobody else waits for. */
  Search<K, V> unshared(K key, Address address) {
    return new Search<>(key, address, new Flight<>(local.reading(address.hash())));
  }

  /**
   * The search to wait for: another's if it is current, or else {@code own}, which is then the
   * key's.
   */
  Search<K, V> board(Search<K, V> own) {
    Flight<V> flight =
        flights.compute(
            own.key(),
            (key, other) ->
                other != null && local.vouchesFor(other.reading(), own.hash())
                    ? other
                    : own.flight()); // I1, I2
    return flight == own.flight() ? own : new Search<>(own.key(), own.address(), flight);
  }

  /** After it has landed or crashed: later callers search anew. */
  void end(Search<K, V> search) {
    flights.remove(search.key(), search.flight());
  }
}
