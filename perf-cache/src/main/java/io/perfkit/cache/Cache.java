package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.L2Reply.Hit;
import io.perfkit.cache.LocalLevel.Reading;
import io.perfkit.cache.internal.Stages;
import io.perfkit.cache.internal.Thrown;
import io.perfkit.redis.RedisUnavailable;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One named cache of two levels: local copies (L1) in front of entries in Redis (L2). Made by
 * {@link Caches#cache}. Values are shared between callers, so they must not be changed, unless
 * {@link CacheConfig#copies()} says otherwise. Thread safe.
 *
 * <p>A read reflects every invalidation on this node, and those of other nodes that are older than
 * {@link CacheConfig#maxStaleness()}, whatever is lost on the way. While Redis is down {@link
 * CacheConfig#onRedisDown()} says what serves; no call waits longer for it than the guard's budget.
 *
 * @param <K> keys with {@code equals}, and one text for each
 * @param <V> values
 */
public final class Cache<K, V> {

  /* Invariants
   * I1  after an invalidation or a put returns, nothing whose read or load began before is kept: in
   *     L1 its epoch is old (Fence), in Redis its lease is gone or a mark has moved (RedisLevel).
   * I2  one loader per key at a time in this JVM, unless the key is invalidated in between: the
   *     thread that installs the in-flight load loads, a thread that finds a current one waits.
   * I3  a local copy never outlives the entry in Redis it was read from.
   * I4  Redis never fails a get: a loader that can serve, serves.
   * I5  a thread that waits for another's load has ended all its own: inFlight has no cycle of
   *     waiting threads.
   * I6  a value past its TTL serves only if it was not invalidated: no message that concerns it was
   *     heard while it was read from Redis, or its copy counts but for its age.
   * No lock is held while a loader, codec or key function runs. */
  private final CacheParts<K, V> parts;
  private final LocalLevel<K, V> local;
  private final SecondLevel<V> l2;
  private final TwoLevelStore<K, V> store;
  private final SyncReads<K, V> reads;
  private final AsyncReads<K, V> asyncReads;
  private final Counters counters;

  /** The copier of the parts; also here, so that a hit reads one object less. */
  private final @Nullable Copier<V> copier;

  Cache(CacheParts<K, V> parts) {
    this.parts = parts;
    this.copier = parts.copier();
    this.local = parts.local();
    this.l2 = parts.l2();
    this.counters = parts.counters();
    StaleValues<K, V> stale = new StaleValues<>(parts);
    this.store = new TwoLevelStore<>(parts, stale);
    InFlightLoads<K, V> inFlight = new InFlightLoads<>(local);
    LoaderRunner<K, V> runner = new LoaderRunner<>(parts, store, stale);
    this.reads = new SyncReads<>(parts, inFlight, store, stale, runner);
    this.asyncReads = new AsyncReads<>(parts, inFlight, store, stale, runner);
  }

  /** The name given to {@link Caches#cache}. */
  public String name() {
    return parts.name();
  }

  /**
   * The value of {@code key}, loaded by {@code loader} if neither level holds it. Callers that ask
   * for the same key meanwhile wait for that one load (single-flight), and a lease in Redis makes
   * one node load for all nodes (Nishtala et al., "Scaling Memcache at Facebook", 2013). A loader
   * that returns null says that there is no value: null is returned, and that is kept for {@link
   * CacheConfig#absentTtl()}. A value that the codec can't write is returned and not kept, see
   * {@link CacheStats#unwritable()}.
   *
   * <p>Cost: an L1 hit reads the clock and allocates nothing. Otherwise one round trip to find the
   * entry, and after a load one more to store it.
   *
   * @throws IllegalStateException if the loader asks for its own key, or loaders of several threads
   *     wait for each other's keys in a cycle, or the caches are closed
   * @throws LoadInterrupted if this thread is interrupted while it waits for another's load
   * @throws RuntimeException what the loader threw, as it is, to all callers that waited for it;
   *     nothing is kept
   */
  public @Nullable V get(K key, Function<? super K, ? extends @Nullable V> loader) {
    LocalEntry<V> copy = local(key);
    if (copy != null) {
      return handOut(copy.value);
    }
    requireNonNull(loader, "loader");
    return find(key, k -> Entry.ofNullable(loader.apply(k)));
  }

  /**
   * As {@link #get(Object, Function)}; {@code policy} says how far to trust the local copy. A read
   * with {@link ReadPolicy#VERIFY} shares no load that began before it; while Redis is down it
   * loads, or throws {@link RedisUnavailable} under {@link OnRedisDown#FAIL}, before the loader is
   * called and without a change to any level.
   */
  public @Nullable V get(
      K key, Function<? super K, ? extends @Nullable V> loader, ReadPolicy policy) {
    if (requireNonNull(policy, "policy") == ReadPolicy.LOCAL) {
      return get(key, loader);
    }
    requireNonNull(loader, "loader");
    Found<V> result =
        reads.verify(key, address(key), keys -> List.of(Entry.<V>ofNullable(loader.apply(key))));
    counters.got(result);
    return handOut(result.value());
  }

  /**
   * As {@link #get(Object, Function)}, with a loader that may throw a checked exception: it reaches
   * this caller, and those that wait for the load, as it is.
   *
   * @throws E what the loader threw; nothing is kept
   */
  public <E extends Exception> @Nullable V getChecked(
      K key, CheckedLoader<? super K, ? extends V, E> loader) throws E {
    LocalEntry<V> copy = local(key);
    if (copy != null) {
      return handOut(copy.value);
    }
    requireNonNull(loader, "loader");
    return find(
        key,
        k -> {
          try {
            return Entry.ofNullable(loader.load(k));
          } catch (Exception e) {
            throw Thrown.<RuntimeException>asIs(e);
          }
        });
  }

  /**
   * As {@link #get(Object, Function)}, for a loader whose value comes later. No thread waits for
   * the loader's stage, nor for another node's load; each caller gets a stage of its own, and
   * callers of one key share one run of the loader. Without a local copy the calling thread waits
   * for one round trip to Redis, for the guard's budget at most. Time limits hold for the stage.
   */
  public CompletionStage<@Nullable V> getAsync(
      K key, Function<? super K, ? extends CompletionStage<? extends @Nullable V>> loader) {
    LocalEntry<V> copy = local(key);
    if (copy != null) {
      return CompletableFuture.completedFuture(handOut(copy.value));
    }
    requireNonNull(loader, "loader");
    return findLater(
        key, k -> loader.apply(k).<Entry<V>>thenApply(value -> Entry.<V>ofNullable(value)));
  }

  /**
   * Ends the value of {@code key} on all nodes and loads a new one, as {@link #invalidate} and then
   * {@link #get(Object, Function)}; so readers meanwhile wait for the load, and a load that began
   * before is not kept.
   */
  public @Nullable V refresh(K key, Function<? super K, ? extends @Nullable V> loader) {
    requireNonNull(loader, "loader");
    invalidate(key);
    return get(key, loader);
  }

  /**
   * As {@link #get}, with a loader that also decides how long and under which tags its value is
   * kept.
   */
  public @Nullable V getEntry(K key, Function<? super K, Entry<V>> loader) {
    LocalEntry<V> copy = local(key);
    if (copy != null) {
      return handOut(copy.value);
    }
    return find(key, requireNonNull(loader, "loader"));
  }

  /**
   * The values of {@code keys}, in their order and without those that have none. One call of {@code
   * loader} loads the keys that neither level holds; a key that its result lacks has no value.
   * Waits for keys that other callers are loading.
   *
   * <p>Cost: none for keys in L1; one round trip to each Redis node for all others, and after a
   * load one more to store.
   *
   * @throws IllegalStateException if the loader asks for one of its own keys, or the caches are
   *     closed
   * @throws LoadInterrupted if this thread is interrupted while it waits for another's load
   * @throws RuntimeException what the loader threw, as it is; none of its keys is kept
   */
  public Map<K, V> getAll(
      Collection<? extends K> keys, Function<? super Set<K>, ? extends Map<K, V>> loader) {
    requireNonNull(loader, "loader");
    return getAllEntries(
        keys,
        missing -> {
          Map<K, V> loaded = requireNonNull(loader.apply(missing), "loaded");
          Map<K, Entry<V>> entries = new LinkedHashMap<>();
          missing.forEach(key -> entries.put(key, Entry.ofNullable(loaded.get(key))));
          return entries;
        });
  }

  /** As {@link #getAll}, with a loader that also says how each value is kept. */
  public Map<K, V> getAllEntries(
      Collection<? extends K> keys, Function<? super Set<K>, ? extends Map<K, Entry<V>>> loader) {
    requireNonNull(loader, "loader");
    Map<K, @Nullable V> values = new LinkedHashMap<>();
    Set<K> missing = new LinkedHashSet<>();
    for (K key : keys) {
      LocalEntry<V> copy = local(key);
      if (copy == null) {
        missing.add(key);
      }
      values.put(key, copy == null ? null : handOut(copy.value));
    }
    findAll(missing, loader).forEach((key, found) -> values.put(key, handOut(found.value())));
    Map<K, V> present = new LinkedHashMap<>();
    values.forEach(
        (key, value) -> {
          if (value != null) {
            present.put(key, value);
          }
        });
    return present;
  }

  /**
   * The value of {@code key} if a level holds it, else null; null too if only Redis could answer
   * and it is down. Cost: none on an L1 hit, else one round trip.
   */
  public @Nullable V getIfPresent(K key) {
    LocalEntry<V> copy = local(key);
    if (copy != null) {
      return handOut(copy.value);
    }
    Found<V> result = reads.peek(key, address(key));
    counters.got(result);
    return handOut(result.value());
  }

  /**
   * Stores a value in both levels and invalidates the other nodes' copies. The last put in Redis
   * wins. While Redis is down the value serves on this node and an invalidation is kept for the
   * others, as by {@link #invalidate}. Cost: one round trip; two if the clock of Redis is not known
   * yet or has jumped.
   *
   * @throws io.perfkit.redis.CodecFailed if the value can't be written; nothing was changed
   */
  public void put(K key, V value) {
    putEntry(key, Entry.of(value));
  }

  /**
   * As {@link #put}; the entry also says how long and under which tags the value is kept. An absent
   * entry is an invalidation where {@link CacheConfig#absentTtl()} is zero.
   */
  public void putEntry(K key, Entry<V> entry) {
    Ttl ttl = store.ttlOf(entry);
    if (ttl.isExpired()) {
      invalidate(key);
      return;
    }
    Address address = address(key);
    Reading before = local.reading(address.hash());
    EntryVersion version = l2.put(address, entry, ttl);
    counters.puts.increment();
    V kept = handOut(entry.value());
    local.replace(key, new Hit<>(kept, entry.tags(), version, ttl, null), before);
  }

  /**
   * Removes a value from both levels and invalidates the other nodes' copies. Call it after the
   * change that made the value wrong is committed. While Redis is down the invalidation is kept,
   * sent as soon as Redis is back, and until then this node does not read the key from Redis. Cost:
   * one round trip.
   */
  public void invalidate(K key) {
    invalidateAll(List.of(requireNonNull(key, "key")));
  }

  /** As {@link #invalidate} for each. Cost: one round trip to each Redis node. */
  public void invalidateAll(Collection<? extends K> keys) {
    Map<K, Address> addresses = new LinkedHashMap<>();
    keys.forEach(key -> addresses.put(key, address(key)));
    try {
      l2.invalidate(addresses.values());
    } finally {
      addresses.forEach((key, address) -> local.remove(key, address.hash()));
    }
  }

  /**
   * Removes all values with this tag from both levels, on all nodes. As {@link #invalidate} it is
   * kept while Redis is down; until it is sent, this node does not read this cache from Redis.
   * Cost: two round trips, whatever the number of values; a script on each of 64 partitions.
   */
  public void invalidateTag(String tag) {
    Entry.requireTag(tag);
    try {
      l2.invalidateTag(tag);
    } finally {
      local.removeTag(tag);
    }
  }

  /**
   * Removes all values from both levels, on all nodes. Cost and failures as {@link #invalidateTag}.
   */
  public void clear() {
    try {
      l2.clear();
    } finally {
      local.clear();
    }
  }

  /**
   * From now on {@code listener} hears which values leave this node's memory, for instance to
   * release what belongs to them. It is called on a thread of loads, one call at a time, and on the
   * closing thread for what is left when the caches close. Its exceptions are logged. If it is
   * slow, 10,000 removals wait and further ones are not told, which is logged too.
   *
   * <p>A value that was invalidated by its tag, or on another node, leaves when its key is read or
   * put again, or when the cache needs its room, and is told then. A value in Redis that no copy is
   * of, and the knowledge that there is no value, are not told.
   *
   * @throws IllegalStateException if this cache has a listener
   */
  public void onRemoval(RemovalListener<? super K, ? super V> listener) {
    requireNonNull(listener, "listener");
    if (!local.tell(new Removals<>(name(), listener, parts.threads(), local::now))) {
      throw new IllegalStateException(
          "listener: of cache '" + name() + "' (expected: one, and there is one already)");
    }
  }

  /** What this cache has done so far on this node. */
  public CacheStats stats() {
    return counters.snapshot(local, l2);
  }

  /**
   * State of this cache and of its way to Redis now; invalidations that wait are its own. Costs
   * nothing; for a health check.
   */
  public CacheHealth health() {
    return l2.health(local.now());
  }

  /** Approximate number of keys that wait for another node's load. */
  int waiting() {
    return parts.waiters().size();
  }

  /** Ends all local copies. The second level is closed: from now on each call throws. */
  void close() {
    local.clear();
    local.tellTheRest();
  }

  Address address(K key) {
    return parts.address(key);
  }

  /**
   * The text of the key, by which Redis and other nodes know it. Costs one call of the cache's key
   * text function.
   *
   * @throws IllegalArgumentException if no level could take the key; the message says why
   */
  public String keyText(K key) {
    return address(key).text();
  }

  /** Keys of L1, the most used first. */
  Set<K> hottest(int max) {
    return local.hottest(max);
  }

  /** Gets that L1 answered so far. */
  long hits() {
    return counters.l1Hits.sum();
  }

  /** The half of a get that needs no loader: the L1 copy of the key, counted as a hit, or null. */
  @Nullable LocalEntry<V> local(K key) {
    LocalEntry<V> copy = local.get(requireNonNull(key, "key"));
    if (copy != null) {
      counters.l1Hits.increment();
    }
    return copy;
  }

  /** The value of a copy that {@link #local} returned, for one caller. */
  @Nullable V value(LocalEntry<V> copy) {
    return handOut(copy.value);
  }

  /**
   * A value of this cache for one caller: under {@link Copies#COPY} a copy of its own, which costs
   * writing and reading it by the codec, else the value itself. For components that hand out values
   * beside this cache, such as a buffer of writes.
   */
  public @Nullable V handOut(@Nullable V value) {
    return copier == null ? value : copier.copy(value);
  }

  /** The other half of a get, after an L1 miss. */
  @Nullable V find(K key, Function<? super K, Entry<V>> loader) {
    Found<V> found =
        reads.get(key, address(key), keys -> List.of(requireNonNull(loader.apply(key), "entry")));
    counters.got(found);
    return handOut(found.value());
  }

  private Map<K, Found<V>> findAll(
      Set<K> keys, Function<? super Set<K>, ? extends Map<K, Entry<V>>> loader) {
    Map<K, Address> addresses = new LinkedHashMap<>();
    keys.forEach(key -> addresses.put(key, address(key))); // may throw, so before the first load
    Map<K, Found<V>> found = reads.getAll(addresses, missing -> load(missing, loader));
    found.values().forEach(counters::got);
    return found;
  }

  private List<Entry<V>> load(
      List<K> keys, Function<? super Set<K>, ? extends Map<K, Entry<V>>> loader) {
    Set<K> missing = Collections.unmodifiableSet(new LinkedHashSet<>(keys));
    Map<K, Entry<V>> loaded = requireNonNull(loader.apply(missing), "loaded");
    return keys.stream().map(key -> loaded.getOrDefault(key, Entry.absent())).toList();
  }

  /** As {@link #find}, for a loader whose entry comes later; see {@link AsyncReads#get}. */
  CompletableFuture<@Nullable V> findLater(
      K key, Function<? super K, ? extends CompletionStage<Entry<V>>> loader) {
    return Stages.map(
        asyncReads.get(key, address(key), loader),
        found -> {
          counters.got(found);
          return handOut(found.value());
        });
  }

  @Override
  public String toString() {
    return "Cache[" + parts.name() + ", " + parts.config() + "]";
  }
}
