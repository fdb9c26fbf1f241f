package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import io.perfkit.redis.Printable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The parts of one cache, for the classes that read and load. Immutable.
 *
 * @param keyText gives equal keys the same text and others another, on every node
 * @param waiters of this cache, for other nodes' leases
 * @param threads for loads that their callers don't run
 * @param copier null where callers share values
 */
record CacheParts<K, V>(
    String name,
    Function<? super K, String> keyText,
    CacheConfig config,
    LocalLevel<K, V> local,
    SecondLevel<V> l2,
    LeaseWaiters waiters,
    LoadThreads threads,
    @Nullable Copier<V> copier,
    Counters counters) {

  /** A value of this cache for one caller: a copy of its own if {@link Copies} says so. */
  @Nullable V handOut(@Nullable V value) {
    return copier == null ? value : copier.copy(value);
  }

  /** The key as Redis and other nodes know it. */
  String text(K key) {
    return requireNonNull(keyText.apply(requireNonNull(key, "key")), "key text");
  }

  Address address(K key) {
    return l2.address(text(key));
  }

  /** Whether the cache is disabled: it always loads. */
  boolean keepsNothing() {
    return l2 instanceof NoLevel;
  }

  long now() {
    return local.now();
  }

  String what(Address address) {
    return "key " + Printable.of(address.text()) + " of cache '" + name + "'";
  }
}
