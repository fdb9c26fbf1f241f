package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.Flight.Found;
import io.perfkit.cache.Flight.Source;
import io.perfkit.cache.Levels.Mode;
import io.perfkit.cache.internal.Stages;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** As {@link Finder}, for loaders whose entry comes later, in a stage. Thread safe. */
final class StageFinder<K, V> {
  private final String name;
  private final CacheConfig config;
  private final Levels<K, V> levels;
  private final Flights<K, V> flights;
  private final Waiters waiters;
  private final LoadThreads threads;
  private final Loading<K, V> loading;
  private final Counters counters;

  StageFinder(
      String name,
      CacheConfig config,
      Levels<K, V> levels,
      Flights<K, V> flights,
      Waiters waiters,
      LoadThreads threads,
      Loading<K, V> loading,
      Counters counters) {
    this.name = name;
    this.config = config;
    this.levels = levels;
    this.flights = flights;
    this.waiters = waiters;
    this.threads = threads;
    this.loading = loading;
    this.counters = counters;
  }

  /**
   * Waits for Redis, but for no loader. The thread that completes the loader's stage stores the
   * entry and then completes who waits, each with a future of his own. A load under way on another
   * node is waited for, by no thread, for as long as a lease lasts; then ours runs, and is not
   * stored in Redis. Time limits hold for the stage; what the loader does before it returns it is
   * not limited.
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
    Load<K, V> load;
    try {
      load = look(search, loader);
    } catch (Throwable failure) {
      end(search, flight -> flight.crash(failure));
      throw failure;
    }
    if (load == null) {
      return;
    }
    if (load.isBusy()) {
      search.flight().handOver();
      follow(search, loader, levels.now());
    } else {
      var unused = load(load, loader);
      search.flight().handOver();
    }
    if (config.limitsLoads() && !search.flight().hasEnded()) {
      Future<?> soft = limit(load, config.loadTimeoutSoft(), false);
      Future<?> hard = limit(load, config.loadTimeoutHard(), true);
      var unused =
          search
              .flight()
              .landing(name, search.address().text())
              .whenComplete(
                  (found, failure) -> {
                    soft.cancel(false);
                    hard.cancel(false);
                  });
    }
  }

  /** Ends the flight with what the levels hold, or gives what is left to load. */
  private @Nullable Load<K, V> look(
      Search<K, V> search, Function<? super K, ? extends CompletionStage<Entry<V>>> loader) {
    Map<K, Found<V>> found = new HashMap<>();
    List<Load<K, V>> loads = levels.lookUp(List.of(search), Mode.SEARCH, found);
    Found<V> answer = found.get(search.key());
    if (answer == null) {
      return loads.get(0);
    }
    end(search, flight -> flight.land(answer));
    if (!loads.isEmpty() && !threads.start(() -> load(loads.get(0), loader))) {
      loading.skipRefresh(loads);
    }
    return null;
  }

  /** Looks once more, and again when the node that loads has told or its lease is over. */
  private void follow(
      Search<K, V> search,
      Function<? super K, ? extends CompletionStage<Entry<V>>> loader,
      long begun) {
    CompletableFuture<Void> call = waiters.next(search.hash()); // before the look, or it is missed
    try {
      Load<K, V> load = search.flight().hasEnded() ? null : look(search, loader);
      boolean patient = levels.now() - begun < config.lease().toNanos();
      if (load != null && load.isBusy() && patient) {
        counters.leaseWaits.increment();
        long waitsSince = levels.now();
        Future<?> over =
            threads.after(
                load.lookup().busyFor().plusMillis(1), () -> waiters.end(search.hash(), call));
        var unused =
            call.thenRun(
                () -> {
                  over.cancel(false);
                  counters.leaseWaitNanos.add(levels.now() - waitsSince);
                  if (!threads.start(() -> follow(search, loader, begun))) {
                    end(search, flight -> flight.crash(loading.notBegun(List.of(load))));
                  }
                });
        return;
      }
      if (load != null) {
        var unused = load(load, loader);
      }
    } catch (Throwable failure) {
      end(search, flight -> flight.crash(failure));
    }
    waiters.end(search.hash(), call);
  }

  /** Runs the loader; what becomes of its stage reaches who waits for the flight. */
  private CompletionStage<Entry<V>> load(
      Load<K, V> load, Function<? super K, ? extends CompletionStage<Entry<V>>> loader) {
    long begun = loading.begin();
    CompletionStage<Entry<V>> stage;
    try {
      stage = requireNonNull(loader.apply(load.search().key()), "stage");
    } catch (Throwable failure) {
      loading.failed(List.of(load), begun, failure);
      if (crash(load, failure)) {
        throw failure;
      }
      return CompletableFuture.completedFuture(Entry.absent());
    }
    return stage.whenComplete(
        (entry, failure) -> {
          if (failure == null) {
            land(load, begun, entry);
          } else {
            Throwable cause = Stages.cause(failure);
            loading.failed(List.of(load), begun, cause);
            crash(load, cause);
          }
        });
  }

  private Future<?> limit(Load<K, V> load, Duration after, boolean hard) {
    if (after.isZero()) {
      return CompletableFuture.completedFuture(null);
    }
    return threads.limit(
        after,
        () -> {
          Found<V> old = load.search().flight().hasEnded() ? null : levels.insteadOfLoad(load);
          if (old != null) {
            end(load.search(), flight -> flight.land(old));
          } else if (hard) {
            end(load.search(), flight -> flight.crash(loading.timedOut(List.of(load))));
          }
        });
  }

  private void land(Load<K, V> load, long begun, Entry<V> entry) {
    try {
      loading.loaded(List.of(load), begun, Map.of(load.search().key(), entry));
      end(load.search(), flight -> flight.land(new Found<>(entry.value(), Source.LOADER)));
    } catch (Throwable failure) {
      end(load.search(), flight -> flight.crash(failure));
    }
  }

  /** Whether the failure reaches who waits; else something serves in place of the load. */
  private boolean crash(Load<K, V> load, Throwable failure) {
    boolean unseen = load.search().flight().hasEnded();
    Found<V> old = unseen || !(failure instanceof Exception) ? null : levels.insteadOfLoad(load);
    if (unseen || old != null) {
      loading.failedUnseen(failure);
    }
    if (old == null) {
      end(load.search(), flight -> flight.crash(failure));
    } else {
      end(load.search(), flight -> flight.land(old));
    }
    return !unseen && old == null;
  }

  private void end(Search<K, V> search, Consumer<Flight<V>> how) {
    how.accept(search.flight());
    flights.end(search);
  }
}
