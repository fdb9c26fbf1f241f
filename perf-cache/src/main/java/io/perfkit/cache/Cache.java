package io.perfkit.cache;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.partitioningBy;

import io.perfkit.cache.Flight.Found;
import io.perfkit.cache.Flight.Source;
import io.perfkit.cache.LocalLevel.Reading;
import io.perfkit.cache.Lookup.Hit;
import io.perfkit.cache.Lookup.Outcome;
import io.perfkit.cache.RedisLevel.Fill;
import io.perfkit.cache.RedisLevel.Question;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * One named cache: local copies in front of entries in Redis. Made by {@link Caches#cache}. Values
 * are shared between callers, so they must not be changed. Thread safe.
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
   * I2  one loader per key at a time in this JVM, unless the key is invalidated in between: whoever
   *     installs the flight loads, who finds a current one waits for it.
   * I3  a local copy never outlives the entry in Redis it was read from.
   * I4  Redis never fails a get: a loader that can serve, serves.
   * I5  whoever waits for another's flight has landed all his own: flights can't wait in a circle.
   * No lock is held while a loader, codec or key function runs. */
  private static final int LOOKS_MAX = 100;

  private final String name;
  private final Function<? super K, String> keyText;
  private final CacheConfig config;
  private final LocalLevel<K, V> local;
  private final RedisLevel<V> redis;
  private final Waiters waiters;
  private final ConcurrentMap<K, Flight<V>> flights = new ConcurrentHashMap<>();
  private final Counters counters = new Counters();

  Cache(
      String name,
      Function<? super K, String> keyText,
      CacheConfig config,
      LocalLevel<K, V> local,
      RedisLevel<V> redis,
      Waiters waiters) {
    this.name = name;
    this.keyText = keyText;
    this.config = config;
    this.local = local;
    this.redis = redis;
    this.waiters = waiters;
  }

  /** The name given to {@link Caches#cache}. */
  public String name() {
    return name;
  }

  /**
   * The value of {@code key}, loaded by {@code loader} if neither level holds it. Callers that ask
   * for the same key meanwhile wait for that one load. A loader that returns null says that there
   * is no value: null is returned, and that is kept for {@link CacheConfig#absentTtl()}.
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
    LocalEntry<V> copy = local(key);
    if (copy != null) {
      return copy.value;
    }
    requireNonNull(loader, "loader");
    return find(key, k -> Entry.ofNullable(loader.apply(k)));
  }

  /**
   * As {@link #get(Object, Function)}, trusting the local copy as far as {@code policy} says. A
   * read with {@link ReadPolicy#VERIFY} shares no load that began before it; while Redis is down it
   * loads, or throws {@link RedisDown} under {@link OnRedisDown#FAIL}.
   */
  public @Nullable V get(
      K key, Function<? super K, ? extends @Nullable V> loader, ReadPolicy policy) {
    if (requireNonNull(policy, "policy") == ReadPolicy.LOCAL) {
      return get(key, loader);
    }
    requireNonNull(loader, "loader");
    Map<K, Found<V>> found = new HashMap<>();
    searchAll(
        List.of(unshared(key)),
        Mode.VERIFY,
        keys -> Map.of(key, Entry.<V>ofNullable(loader.apply(key))),
        found);
    Found<V> result = requireNonNull(found.get(key));
    counters.got(result.source());
    return result.value();
  }

  /** A search that nobody else waits for. */
  private Search<K, V> unshared(K key) {
    Address address = address(key);
    return new Search<>(key, address, new Flight<>(local.reading(address.hash())));
  }

  /**
   * As {@link #get}, with a loader that also says for how long and under which tags its value is
   * kept.
   */
  public @Nullable V getEntry(K key, Function<? super K, Entry<V>> loader) {
    LocalEntry<V> copy = local(key);
    if (copy != null) {
      return copy.value;
    }
    return find(key, requireNonNull(loader, "loader"));
  }

  /**
   * The values of {@code keys}, in their order and without those that have none. What neither level
   * holds is loaded by one call of {@code loader}, with just those keys; a key that its result
   * lacks has no value. Keys that others load meanwhile are waited for.
   *
   * <p>Cost: none for keys in L1; one round trip to each Redis node for all others, and after a
   * load one more to store.
   *
   * @throws IllegalStateException if the loader asks for one of its own keys, or the caches are
   *     closed
   * @throws io.perfkit.redis.CodecFailed if a loaded value can't be written; none of the loaded
   *     ones is kept
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
      values.put(key, copy == null ? null : copy.value);
    }
    find(missing, loader).forEach((key, found) -> values.put(key, found.value()));
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
   * The value of {@code key} if a level holds it, else null; null too while only Redis could tell
   * and it is down. Cost: none on an L1 hit, else one round trip.
   */
  public @Nullable V getIfPresent(K key) {
    LocalEntry<V> copy = local(key);
    if (copy != null) {
      return copy.value;
    }
    Map<K, Found<V>> found = new HashMap<>();
    lookUp(List.of(unshared(key)), Mode.PEEK, found);
    Found<V> result = found.getOrDefault(key, new Found<>(null, Source.LOADER));
    counters.got(result.source());
    return result.value();
  }

  /**
   * Stores a value in both levels; the other nodes' copies end. The last put in Redis wins. While
   * Redis is down the value serves on this node and an invalidation is kept for the others, as by
   * {@link #invalidate}. Cost: one round trip.
   *
   * @throws io.perfkit.redis.CodecFailed if the value can't be written; nothing was changed
   */
  public void put(K key, V value) {
    putEntry(key, Entry.of(value));
  }

  /**
   * As {@link #put}, saying for how long and under which tags the value is kept. An absent entry is
   * an invalidation where {@link CacheConfig#absentTtl()} is zero.
   */
  public void putEntry(K key, Entry<V> entry) {
    Duration life = jittered(config.lifeOf(entry));
    if (life.isZero()) {
      invalidate(key);
      return;
    }
    Address address = address(key);
    Reading before = local.reading(address.hash());
    Stamp stamp = redis.put(address, entry, life);
    local.replace(key, entry, stamp, before, life);
  }

  /**
   * Removes a value from both levels; the other nodes' copies end. Call it after the change that
   * made the value wrong is committed. While Redis is down the invalidation is kept, sent as soon
   * as Redis is back, and until then this node does not read the key from Redis. Cost: one round
   * trip.
   */
  public void invalidate(K key) {
    invalidateAll(List.of(requireNonNull(key, "key")));
  }

  /** As {@link #invalidate} for each. Cost: one round trip to each Redis node. */
  public void invalidateAll(Collection<? extends K> keys) {
    Map<K, Address> addresses = new LinkedHashMap<>();
    keys.forEach(key -> addresses.put(key, address(key)));
    try {
      redis.invalidate(addresses.values());
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
      redis.invalidateTag(tag);
    } finally {
      local.removeTag(tag);
    }
  }

  /**
   * Removes all values from both levels, on all nodes. Cost and failures as {@link #invalidateTag}.
   */
  public void clear() {
    try {
      redis.clear();
    } finally {
      local.clear();
    }
  }

  /** What this cache has done so far on this node. */
  public CacheStats stats() {
    return counters.snapshot(redis.failures());
  }

  /** Keys, more or less, that wait for another node's load. */
  int waiting() {
    return waiters.size();
  }

  private Address address(K key) {
    return redis.address(requireNonNull(keyText.apply(requireNonNull(key, "key")), "key text"));
  }

  /**
   * The half of a get that needs no loader: what L1 knows of the key, counted as a hit, or null.
   */
  @Nullable LocalEntry<V> local(K key) {
    LocalEntry<V> copy = local.get(requireNonNull(key, "key"));
    if (copy != null) {
      counters.l1Hits.increment();
    }
    return copy;
  }

  /** The other half, when L1 knew nothing. */
  @Nullable V find(K key, Function<? super K, Entry<V>> loader) {
    Map<K, Found<V>> found =
        find(Set.of(key), missing -> Map.of(key, requireNonNull(loader.apply(key), "entry")));
    return requireNonNull(found.get(key)).value();
  }

  /** Finds each key or waits for who does; loads what neither level holds. */
  private Map<K, Found<V>> find(
      Set<K> keys, Function<? super Set<K>, ? extends Map<K, Entry<V>>> loader) {
    List<Search<K, V>> mine = new ArrayList<>(keys.size());
    List<Search<K, V>> others = new ArrayList<>();
    for (K key : keys) {
      Address address = address(key);
      Flight<V> own = new Flight<>(local.reading(address.hash()));
      Flight<V> flight = board(key, address, own);
      (flight == own ? mine : others).add(new Search<>(key, address, flight));
    }
    Map<K, Found<V>> found = new HashMap<>();
    fly(mine, loader, found);
    for (Search<K, V> other : others) {
      found.put(other.key(), other.flight().await(name, other.address().text())); // I5
    }
    found.values().forEach(result -> counters.got(result.source()));
    return found;
  }

  /**
   * As {@link #find}, for a loader whose entry comes later: waits for Redis, but for no loader. The
   * thread that completes the loader's stage stores the entry and then completes who waits, each
   * with a future of his own. A load under way on another node is not waited for: ours is then not
   * stored in Redis.
   */
  CompletableFuture<@Nullable V> findLater(
      K key, Function<? super K, ? extends CompletionStage<Entry<V>>> loader) {
    Address address = address(key);
    Flight<V> own = new Flight<>(local.reading(address.hash()));
    Flight<V> flight = board(key, address, own);
    if (flight == own) {
      flyLater(new Search<>(key, address, own), loader);
    }
    return Stages.map(
        flight.landing(name, address.text()),
        found -> {
          counters.got(found.source());
          return found.value();
        });
  }

  private void flyLater(
      Search<K, V> search, Function<? super K, ? extends CompletionStage<Entry<V>>> loader) {
    Map<K, Found<V>> found = new HashMap<>();
    List<Load<K, V>> loads = List.of();
    CompletionStage<Entry<V>> loading;
    try {
      loads = lookUp(List.of(search), Mode.SEARCH, found);
      if (loads.isEmpty()) {
        search.flight().land(requireNonNull(found.get(search.key())));
        flights.remove(search.key(), search.flight());
        return;
      }
      loading = requireNonNull(loader.apply(search.key()), "stage");
    } catch (Throwable failure) {
      crash(search, loads, failure);
      throw failure;
    }
    search.flight().handOver();
    List<Load<K, V>> load = loads;
    var unused =
        loading.whenComplete(
            (entry, failure) -> {
              if (failure == null) {
                landLater(load, entry);
              } else {
                crash(search, load, Stages.cause(failure));
              }
            });
  }

  private void landLater(List<Load<K, V>> loads, Entry<V> entry) {
    Search<K, V> search = loads.get(0).search();
    try {
      counters.loads.increment();
      keep(loads, Map.of(search.key(), entry));
      search.flight().land(new Found<>(entry.value(), Source.LOADER));
    } catch (Throwable failure) {
      search.flight().crash(failure);
    } finally {
      flights.remove(search.key(), search.flight());
    }
  }

  private void crash(Search<K, V> search, List<Load<K, V>> loads, Throwable failure) {
    try {
      if (!loads.isEmpty()) {
        counters.loadFailures.increment();
        redis.release(fills(loads, Map.of()));
      }
    } finally {
      search.flight().crash(failure);
      flights.remove(search.key(), search.flight());
    }
  }

  /** One key's way through the levels. */
  private record Search<K, V>(K key, Address address, Flight<V> flight) {
    Reading reading() {
      return flight.reading();
    }

    int hash() {
      return address.hash();
    }
  }

  /** The flight to wait for: another's if it is current, or else {@code own}. */
  private Flight<V> board(K key, Address address, Flight<V> own) {
    return flights.compute(
        key,
        (k, other) ->
            other != null && other.reading().sees(local.reading(address.hash()))
                ? other
                : own); // I1, I2
  }

  private void fly(
      List<Search<K, V>> searches,
      Function<? super Set<K>, ? extends Map<K, Entry<V>>> loader,
      Map<K, Found<V>> found) {
    try {
      searchAll(searches, Mode.SEARCH, loader, found);
      searches.forEach(search -> search.flight().land(requireNonNull(found.get(search.key()))));
    } catch (Throwable failure) {
      searches.forEach(search -> search.flight().crash(failure));
      throw failure;
    } finally {
      searches.forEach(search -> flights.remove(search.key(), search.flight()));
    }
  }

  private enum Mode {
    /** In L1, then in Redis, taking the lease to load. */
    SEARCH,
    /** The same without a lease: nothing will be loaded. */
    PEEK,
    /** In Redis, taking the lease to load. */
    VERIFY
  }

  /** A search that neither level answered. */
  private record Load<K, V>(Search<K, V> search, Lookup<V> lookup) {
    boolean isBusy() {
      return lookup.outcome() == Outcome.BUSY;
    }
  }

  /**
   * Loads at once what nobody else loads, and waits for the rest; whoever waits holds no lease, so
   * nodes can't wait in a circle (I5). What is busy for longer than a lease lasts is loaded here
   * too, and not stored in Redis.
   */
  private void searchAll(
      List<Search<K, V>> searches,
      Mode mode,
      Function<? super Set<K>, ? extends Map<K, Entry<V>>> loader,
      Map<K, Found<V>> found) {
    List<Search<K, V>> open = searches;
    long patienceEnds = local.now() + config.lease().toNanos();
    for (int looks = 0; !open.isEmpty(); looks++) {
      Map<Integer, CompletableFuture<Void>> calls = new HashMap<>();
      if (looks > 0) { // before the look that finds them busy, or the call may be missed
        open.forEach(search -> calls.put(search.hash(), waiters.next(search.hash())));
      }
      try {
        boolean patient = looks < LOOKS_MAX && local.now() - patienceEnds < 0;
        Map<Boolean, List<Load<K, V>>> loads =
            lookUp(open, mode, found).stream()
                .collect(partitioningBy(load -> patient && load.isBusy()));
        loadAll(requireNonNull(loads.get(false)), loader, found);
        List<Load<K, V>> busy = requireNonNull(loads.get(true));
        if (looks > 0 && !busy.isEmpty()) {
          await(busy.get(0), requireNonNull(calls.get(busy.get(0).search().hash())));
        }
        open = busy.stream().map(Load::search).toList();
      } finally {
        calls.forEach(waiters::end);
      }
    }
  }

  private void await(Load<K, V> load, CompletableFuture<Void> call) {
    try {
      waiters.await(call, load.lookup().timeLeft().plusMillis(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LoadInterrupted(
          "waiting for key '" + load.search().address().text() + "' of cache '" + name + "'", e);
    }
  }

  /** Puts what the levels hold into {@code found}; what they don't hold is left to load. */
  private List<Load<K, V>> lookUp(List<Search<K, V>> searches, Mode mode, Map<K, Found<V>> found) {
    List<Search<K, V>> absent = new ArrayList<>(searches.size());
    List<Question> questions = new ArrayList<>(searches.size());
    for (Search<K, V> search : searches) {
      // Again, for a flight may have landed since the caller looked.
      LocalEntry<V> copy = mode == Mode.VERIFY ? null : local.get(search.key());
      if (copy == null) {
        LocalEntry<V> held = local.held(search.key());
        absent.add(search);
        Stamp stamp = held == null ? null : held.stamp;
        questions.add(new Question(search.address(), mode != Mode.PEEK, stamp));
      } else {
        found.put(search.key(), new Found<>(copy.value, Source.L1));
      }
    }
    List<Lookup<V>> lookups = redis.lookup(questions);
    List<Load<K, V>> loads = new ArrayList<>();
    for (int i = 0; i < absent.size(); i++) {
      Search<K, V> search = absent.get(i);
      Found<V> answer = answer(search, mode, questions.get(i), lookups.get(i));
      if (answer == null) {
        loads.add(new Load<>(search, lookups.get(i)));
      } else {
        found.put(search.key(), answer);
      }
    }
    return loads;
  }

  /** Keeps and gives what Redis says; null if it has nothing. */
  private @Nullable Found<V> answer(
      Search<K, V> search, Mode mode, Question question, Lookup<V> lookup) {
    return switch (lookup.outcome()) {
      case HIT -> read(search, lookup.hit());
      case UNCHANGED -> unchanged(search, mode, question, lookup.timeLeft());
      case DOWN -> whileRedisIsDown(search, mode);
      case LEASED, BUSY, ABSENT -> null;
    };
  }

  private Found<V> read(Search<K, V> search, Hit<V> hit) {
    local.put(
        search.key(), hit.value(), hit.tags(), hit.stamp(), search.reading(), hit.timeLeft()); // I3
    return new Found<>(hit.value(), Source.L2);
  }

  /** The copy is right after all: its life goes on from this reading. */
  private @Nullable Found<V> unchanged(
      Search<K, V> search, Mode mode, Question question, Duration timeLeft) {
    LocalEntry<V> held = local.held(search.key());
    if (held != null && Objects.equals(held.stamp, question.copy())) {
      return read(search, new Hit<>(held.value, held.tags, requireNonNull(held.stamp), timeLeft));
    }
    Question anew = new Question(search.address(), false, null); // the copy was dropped meanwhile
    return answer(search, mode, anew, redis.lookup(List.of(anew)).get(0));
  }

  private @Nullable Found<V> whileRedisIsDown(Search<K, V> search, Mode mode) {
    if (config.onRedisDown() == OnRedisDown.FAIL) {
      throw new RedisDown("key '" + search.address().text() + "' of cache '" + name + "'");
    }
    LocalEntry<V> copy = local.getUnheard(search.key());
    return copy != null && mode != Mode.VERIFY && config.onRedisDown() == OnRedisDown.SERVE_LOCAL
        ? new Found<>(copy.value, Source.L1)
        : null;
  }

  private void loadAll(
      List<Load<K, V>> loads,
      Function<? super Set<K>, ? extends Map<K, Entry<V>>> loader,
      Map<K, Found<V>> found) {
    if (loads.isEmpty()) {
      return;
    }
    Set<K> keys = new LinkedHashSet<>();
    loads.forEach(load -> keys.add(load.search().key()));
    Map<K, Entry<V>> entries = null;
    try {
      entries = requireNonNull(loader.apply(Collections.unmodifiableSet(keys)), "loaded");
      counters.loads.increment();
    } finally {
      if (entries == null) {
        counters.loadFailures.increment();
        redis.release(fills(loads, Map.of()));
      }
    }
    keep(loads, entries);
    for (K key : keys) {
      Entry<V> entry = entries.getOrDefault(key, Entry.absent());
      found.put(key, new Found<>(entry.value(), Source.LOADER));
    }
  }

  /** Keeps what was loaded: in Redis where we hold the lease, and locally unless it was lost. */
  private void keep(List<Load<K, V>> loads, Map<K, Entry<V>> entries) {
    List<Fill<V>> fills = fills(loads, entries);
    List<Boolean> current = redis.fill(fills);
    for (int i = 0; i < loads.size(); i++) {
      Search<K, V> search = loads.get(i).search();
      Fill<V> fill = fills.get(i);
      if (current.get(i) && !fill.ttl().isZero()) {
        Entry<V> entry = fill.entry();
        local.put(
            search.key(), entry.value(), entry.tags(), fill.lease(), search.reading(), fill.ttl());
      }
    }
  }

  private List<Fill<V>> fills(List<Load<K, V>> loads, Map<K, Entry<V>> entries) {
    return loads.stream()
        .map(
            load -> {
              Entry<V> entry = entries.getOrDefault(load.search().key(), Entry.absent());
              Duration life = jittered(config.lifeOf(entry));
              return new Fill<>(load.search().address(), load.lookup().lease(), entry, life);
            })
        .toList();
  }

  private Duration jittered(Duration life) {
    double share = 1 - config.jitter() * ThreadLocalRandom.current().nextDouble();
    return Duration.ofMillis((long) Math.ceil(life.toMillis() * share));
  }

  @Override
  public String toString() {
    return "Cache[" + name + ", " + config + "]";
  }
}
