package io.perfkit.cache;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.partitioningBy;

import io.perfkit.cache.Flight.Found;
import io.perfkit.cache.Flight.Source;
import io.perfkit.cache.Levels.Mode;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;

/** Finds keys, or waits for who does, and loads what neither level holds. Thread safe. */
final class Finder<K, V> {
  private static final int LOOKS_MAX = 100;

  private final String name;
  private final CacheConfig config;
  private final LocalLevel<K, V> local;
  private final Levels<K, V> levels;
  private final Flights<K, V> flights;
  private final Waiters waiters;
  private final Counters counters;

  Finder(
      String name,
      CacheConfig config,
      LocalLevel<K, V> local,
      Levels<K, V> levels,
      Flights<K, V> flights,
      Waiters waiters,
      Counters counters) {
    this.name = name;
    this.config = config;
    this.local = local;
    this.levels = levels;
    this.flights = flights;
    this.waiters = waiters;
    this.counters = counters;
  }

  /** Finds each key or waits for who does; loads what neither level holds. */
  Map<K, Found<V>> find(
      Map<K, Address> keys, Function<? super Set<K>, ? extends Map<K, Entry<V>>> loader) {
    List<Search<K, V>> mine = new ArrayList<>(keys.size());
    List<Search<K, V>> others = new ArrayList<>();
    keys.forEach(
        (key, address) -> {
          Search<K, V> own = flights.unshared(key, address);
          Search<K, V> search = flights.board(own);
          (search.flight() == own.flight() ? mine : others).add(search);
        });
    Map<K, Found<V>> found = new HashMap<>();
    fly(mine, loader, found);
    for (Search<K, V> other : others) {
      found.put(other.key(), other.flight().await(name, other.address().text())); // I5
    }
    return found;
  }

  /** What Redis says of a key, or the loader; shares no load that began before. */
  Found<V> verify(
      K key, Address address, Function<? super Set<K>, ? extends Map<K, Entry<V>>> loader) {
    Map<K, Found<V>> found = new HashMap<>();
    searchAll(List.of(flights.unshared(key, address)), Mode.VERIFY, loader, found);
    return requireNonNull(found.get(key));
  }

  /** What a level holds of a key; an absent value of no level if none does. */
  Found<V> peek(K key, Address address) {
    Map<K, Found<V>> found = new HashMap<>();
    levels.lookUp(List.of(flights.unshared(key, address)), Mode.PEEK, found);
    return found.getOrDefault(key, new Found<>(null, Source.LOADER));
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
      searches.forEach(search -> flights.end(search));
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
            levels.lookUp(open, mode, found).stream()
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
      waiters.await(call, load.lookup().busyFor().plusMillis(1));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LoadInterrupted(
          "waiting for key '" + load.search().address().text() + "' of cache '" + name + "'", e);
    }
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
        levels.release(loads);
      }
    }
    levels.keep(loads, entries);
    for (K key : keys) {
      Entry<V> entry = entries.getOrDefault(key, Entry.absent());
      found.put(key, new Found<>(entry.value(), Source.LOADER));
    }
  }
}
