package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.Flight.Found;
import io.perfkit.cache.Flight.Source;
import io.perfkit.cache.RedisLevel.Address;
import io.perfkit.cache.RedisLevel.Lease;
import io.perfkit.cache.RedisLevel.Lookup;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One named cache: local copies in front of entries in Redis. Made by {@link Caches#cache}. Values
 * are shared between callers, so they must not be changed. Thread safe.
 *
 * <p>While Redis is down, local copies go on to serve for their L1 TTL and the loader serves the
 * rest; no call waits longer than the guard's budget. A local copy is never older than the L1 TTL:
 * that bounds what a node serves whose subscription to invalidations is broken.
 *
 * @param <K> keys with {@code equals}, and one text for each
 * @param <V> values
 */
public final class Cache<K, V> {

  /* Invariants
   * I1  after invalidate(k) or put(k, v) returns, no value whose read or load began before is kept:
   *     in L1 its epoch is old (Fence), in Redis its lease is gone (RedisLevel).
   * I2  one loader per key at a time in this JVM, unless the key is invalidated in between: whoever
   *     installs the flight loads, who finds a current one waits for it.
   * I3  a local copy never outlives the entry in Redis it was read from.
   * I4  Redis never fails a get: a loader that can serve, serves.
   * No lock is held while a loader, codec or key function runs. */
  private final String name;
  private final Function<? super K, String> keyText;
  private final CacheConfig config;
  private final LocalLevel<K, V> local;
  private final RedisLevel<V> redis;
  private final ConcurrentMap<K, Flight<V>> flights = new ConcurrentHashMap<>();
  private final Counters counters = new Counters();

  Cache(
      String name,
      Function<? super K, String> keyText,
      CacheConfig config,
      LocalLevel<K, V> local,
      RedisLevel<V> redis) {
    this.name = name;
    this.keyText = keyText;
    this.config = config;
    this.local = local;
    this.redis = redis;
  }

  /** The name given to {@link Caches#cache}. */
  public String name() {
    return name;
  }

  /**
   * The value of {@code key}, loaded by {@code loader} if neither level holds it. Callers that ask
   * for the same key meanwhile wait for that one load. A loader that returns null says that there
   * is no value: null is returned and nothing is kept.
   *
   * <p>Cost: an L1 hit reads the clock and allocates nothing. Otherwise one round trip to find the
   * entry, and after a load one more to store it.
   *
   * @throws IllegalStateException if the loader asks for its own key, or the caches are closed
   * @throws io.perfkit.redis.CodecFailed if the loaded value can't be written; nothing is kept
   * @throws LoadInterrupted if this thread is interrupted while it waits for another's load
   * @throws RuntimeException what the loader threw, as it is, to all who waited for it; nothing is
   *     kept
   */
  public @Nullable V get(K key, Function<? super K, ? extends @Nullable V> loader) {
    V copy = local(key);
    return copy != null ? copy : find(key, requireNonNull(loader, "loader"));
  }

  /** The half of {@link #get} that needs no loader: the copy in L1, counted as a hit, or null. */
  @Nullable V local(K key) {
    V copy = local.get(requireNonNull(key, "key"));
    if (copy != null) {
      counters.l1Hits.increment();
    }
    return copy;
  }

  /**
   * The value of {@code key} if a level holds it, else null; null too while only Redis could tell
   * and it is down. Cost: none on an L1 hit, else one round trip.
   */
  public @Nullable V getIfPresent(K key) {
    V copy = local(key);
    if (copy != null) {
      return copy;
    }
    Address address = address(key);
    int stripe = local.stripe(address.hash());
    long epoch = local.epoch(stripe);
    long now = local.now();
    Lookup<V> stored = redis.peek(address);
    V value = stored.value();
    if (value == null) {
      counters.misses.increment();
      return null;
    }
    counters.l2Hits.increment();
    local.put(key, value, stripe, epoch, now, stored.timeLeft());
    return value;
  }

  /**
   * Stores a value in both levels; the other nodes' copies end. The last put in Redis wins. While
   * Redis is down the value serves on this node and an invalidation is kept for the others, as by
   * {@link #invalidate}. Cost: one round trip.
   *
   * @throws io.perfkit.redis.CodecFailed if the value can't be written; nothing was changed
   * @throws InvalidationUnsent as {@link #invalidate} does
   */
  public void put(K key, V value) {
    Address address = address(key);
    int stripe = local.stripe(address.hash());
    long epoch = local.epoch(stripe);
    long now = local.now();
    redis.put(address, requireNonNull(value, "value"));
    local.replace(key, value, stripe, epoch, now);
  }

  /**
   * Removes a value from both levels; the other nodes' copies end. Call it after the change that
   * made the value wrong is committed. While Redis is down the invalidation is kept, sent as soon
   * as Redis is back, and until then this node does not read the key from Redis. Cost: one round
   * trip.
   *
   * @throws InvalidationUnsent if 10,000 invalidations wait already; this node's copy is gone,
   *     Redis and the other nodes don't know
   */
  public void invalidate(K key) {
    Address address = address(key);
    try {
      redis.invalidate(address);
    } finally {
      local.remove(key, local.stripe(address.hash()));
    }
  }

  /** What this cache has done so far on this node. */
  public CacheStats stats() {
    return counters.snapshot(redis.failures());
  }

  private Address address(K key) {
    return redis.address(requireNonNull(keyText.apply(requireNonNull(key, "key")), "key text"));
  }

  /** The other half, after L1 had no copy. */
  @Nullable V find(K key, Function<? super K, ? extends @Nullable V> loader) {
    Address address = address(key);
    int stripe = local.stripe(address.hash());
    Flight<V> mine = new Flight<>(local.epoch(stripe));
    Flight<V> flight =
        flights.compute(
            key,
            (k, other) ->
                other != null && other.epoch() == local.epoch(stripe) ? other : mine); // I1, I2
    Found<V> found =
        flight == mine ? fly(key, address, mine, loader) : flight.await(name, address.text());
    counters.got(found.source());
    return found.value();
  }

  private Found<V> fly(
      K key, Address address, Flight<V> flight, Function<? super K, ? extends @Nullable V> loader) {
    try {
      Found<V> found = search(key, address, flight.epoch(), loader);
      flight.land(found);
      return found;
    } catch (Throwable failure) {
      flight.crash(failure);
      throw failure;
    } finally {
      flights.remove(key, flight);
    }
  }

  private Found<V> search(
      K key, Address address, long epoch, Function<? super K, ? extends @Nullable V> loader) {
    V copy = local.get(key); // an earlier flight may have landed since we looked
    if (copy != null) {
      return new Found<>(copy, Source.L1);
    }
    int stripe = local.stripe(address.hash());
    long now = local.now();
    Lookup<V> stored = redis.lookup(address);
    V value = stored.value();
    if (value != null) {
      local.put(key, value, stripe, epoch, now, stored.timeLeft()); // I3
      return new Found<>(value, Source.L2);
    }
    Lease lease = stored.lease();
    V loaded = load(key, address, lease, loader);
    if (loaded != null && (lease == null || redis.fill(address, lease, loaded))) {
      local.put(key, loaded, stripe, epoch, now, config.l2Ttl());
    }
    return new Found<>(loaded, Source.LOADER);
  }

  private @Nullable V load(
      K key,
      Address address,
      @Nullable Lease lease,
      Function<? super K, ? extends @Nullable V> loader) {
    V loaded = null;
    try {
      loaded = loader.apply(key);
      counters.loads.increment();
    } catch (Throwable failure) {
      counters.loadFailures.increment();
      throw failure;
    } finally {
      if (loaded == null && lease != null) {
        redis.release(address, lease);
      }
    }
    return loaded;
  }

  @Override
  public String toString() {
    return "Cache[" + name + ", " + config + "]";
  }
}
