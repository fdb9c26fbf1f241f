package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.Flight.Found;
import io.perfkit.cache.Flight.Source;
import io.perfkit.cache.Levels.Mode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;

/** As {@link Finder}, for loaders whose entry comes later, in a stage. Thread safe. */
final class StageFinder<K, V> {
  private final String name;
  private final Levels<K, V> levels;
  private final Flights<K, V> flights;
  private final Counters counters;

  StageFinder(String name, Levels<K, V> levels, Flights<K, V> flights, Counters counters) {
    this.name = name;
    this.levels = levels;
    this.flights = flights;
    this.counters = counters;
  }

  /**
   * Waits for Redis, but for no loader. The thread that completes the loader's stage stores the
   * entry and then completes who waits, each with a future of his own. A load under way on another
   * node is not waited for: ours is then not stored in Redis.
   */
  CompletableFuture<Found<V>> find(
      K key, Address address, Function<? super K, ? extends CompletionStage<Entry<V>>> loader) {
    Search<K, V> own = flights.unshared(key, address);
    Search<K, V> search = flights.board(own);
    if (search.flight() == own.flight()) {
      fly(own, loader);
    }
    return search.flight().landing(name, address.text());
  }

  private void fly(
      Search<K, V> search, Function<? super K, ? extends CompletionStage<Entry<V>>> loader) {
    Map<K, Found<V>> found = new HashMap<>();
    List<Load<K, V>> loads = List.of();
    CompletionStage<Entry<V>> loading;
    try {
      loads = levels.lookUp(List.of(search), Mode.SEARCH, found);
      if (loads.isEmpty()) {
        search.flight().land(requireNonNull(found.get(search.key())));
        flights.end(search);
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
                land(load, entry);
              } else {
                crash(search, load, Stages.cause(failure));
              }
            });
  }

  private void land(List<Load<K, V>> loads, Entry<V> entry) {
    Search<K, V> search = loads.get(0).search();
    try {
      counters.loads.increment();
      levels.keep(loads, Map.of(search.key(), entry));
      search.flight().land(new Found<>(entry.value(), Source.LOADER));
    } catch (Throwable failure) {
      search.flight().crash(failure);
    } finally {
      flights.end(search);
    }
  }

  private void crash(Search<K, V> search, List<Load<K, V>> loads, Throwable failure) {
    try {
      if (!loads.isEmpty()) {
        counters.loadFailures.increment();
        levels.release(loads);
      }
    } finally {
      search.flight().crash(failure);
      flights.end(search);
    }
  }
}
