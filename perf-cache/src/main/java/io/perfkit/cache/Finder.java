package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.Flight.Found;
import io.perfkit.cache.Flight.Source;
import io.perfkit.cache.Levels.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Finds keys, or waits for who does, and loads what neither level holds. Thread safe. */
final class Finder<K, V> {
  private static final int LOOKS_MAX = 100;

  private final String name;
  private final CacheConfig config;
  private final LocalLevel<K, V> local;
  private final Levels<K, V> levels;
  private final Flights<K, V> flights;
  private final Waiters waiters;
  private final Loading<K, V> loading;
  private final Counters counters;

  Finder(
      String name,
      CacheConfig config,
      LocalLevel<K, V> local,
      Levels<K, V> levels,
      Flights<K, V> flights,
      Waiters waiters,
      Loading<K, V> loading,
      Counters counters) {
    this.name = name;
    this.config = config;
    this.local = local;
    this.levels = levels;
    this.flights = flights;
    this.waiters = waiters;
    this.loading = loading;
    this.counters = counters;
  }

  /** Finds each key or waits for who does; loads what neither level holds. */
  Map<K, Found<V>> find(Map<K, Address> keys, Loader<K, V> loader) {
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
  Found<V> verify(K key, Address address, Loader<K, V> loader) {
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

  private void fly(List<Search<K, V>> searches, Loader<K, V> loader, Map<K, Found<V>> found) {
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
      List<Search<K, V>> searches, Mode mode, Loader<K, V> loader, Map<K, Found<V>> found) {
    List<Search<K, V>> open = searches;
    long begun = local.now();
    for (int looks = 0; !open.isEmpty(); looks++) {
      Map<Integer, CompletableFuture<Void>> calls = new HashMap<>();
      if (looks > 0) { // before the look that finds them busy, or the call may be missed
        open.forEach(search -> calls.put(search.hash(), waiters.next(search.hash())));
      }
      try {
        Duration waited = Duration.ofNanos(local.now() - begun);
        boolean patient = looks < LOOKS_MAX && waited.compareTo(config.lease()) < 0;
        List<Load<K, V>> refreshes = new ArrayList<>();
        List<Load<K, V>> loads = new ArrayList<>();
        List<Load<K, V>> busy = new ArrayList<>();
        for (Load<K, V> load : levels.lookUp(open, mode, found)) {
          if (found.containsKey(load.search().key())) {
            refreshes.add(load);
          } else {
            (patient && load.isBusy() ? busy : loads).add(load);
          }
        }
        loading.refresh(refreshes, loader);
        loading.load(loads, loader, found);
        busy.removeIf(load -> isServed(load, waited, found));
        if (looks > 0 && !busy.isEmpty()) {
          Load<K, V> first = busy.get(0);
          await(first, requireNonNull(calls.get(first.search().hash())), waited);
        }
        open = busy.stream().map(Load::search).toList();
      } finally {
        calls.forEach(waiters::end);
      }
    }
  }

  private boolean isServed(Load<K, V> load, Duration waited, Map<K, Found<V>> found) {
    Found<V> old = loading.afterWaiting(load, waited);
    if (old == null) {
      return false;
    }
    found.put(load.search().key(), old);
    return true;
  }

  private void await(Load<K, V> load, CompletableFuture<Void> call, Duration waited) {
    Duration lease = load.lookup().busyFor().plusMillis(1);
    Duration decision = loading.untilDecision(waited);
    long begun = local.now();
    counters.leaseWaits.increment();
    try {
      waiters.await(call, lease.compareTo(decision) < 0 ? lease : decision);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LoadInterrupted(
          "waiting for key '" + load.search().address().text() + "' of cache '" + name + "'", e);
    } finally {
      counters.leaseWaitNanos.add(local.now() - begun);
    }
  }
}
