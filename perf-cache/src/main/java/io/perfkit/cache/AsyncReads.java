package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.Found.Source;
import io.perfkit.cache.TwoLevelStore.Mode;
import io.perfkit.cache.internal.Stages;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** As {@link SyncReads}, for loaders whose entry comes later, in a stage. Thread safe. */
final class AsyncReads<K, V> {
  private final CacheParts<K, V> parts;
  private final CacheConfig config;
  private final InFlightLoads<K, V> inFlight;
  private final TwoLevelStore<K, V> store;
  private final StaleValues<K, V> stale;
  private final LoaderRunner<K, V> runner;
  private final LeaseWaiters waiters;
  private final LoadThreads threads;

  AsyncReads(
      CacheParts<K, V> parts,
      InFlightLoads<K, V> inFlight,
      TwoLevelStore<K, V> store,
      StaleValues<K, V> stale,
      LoaderRunner<K, V> runner) {
    this.parts = parts;
    this.config = parts.config();
    this.inFlight = inFlight;
    this.store = store;
    this.stale = stale;
    this.runner = runner;
    this.waiters = parts.waiters();
    this.threads = parts.threads();
  }

  /**
   * Reads one key; blocks for Redis, but not for a loader. The thread that completes the loader's
   * stage stores the entry and then completes the callers that wait, each with a future of its own.
   * While another node loads the key, this read waits without a thread, for as long as a lease
   * lasts; then its own loader runs, and the result is not stored in Redis. Time limits hold for
   * the stage; what the loader does before it returns it is not limited.
   */
  CompletableFuture<Found<V>> get(
      K key, Address address, Function<? super K, ? extends CompletionStage<Entry<V>>> loader) {
    if (parts.keepsNothing()) {
      parts.l2().requireOpen();
      return Stages.map(loader.apply(key), entry -> new Found<>(entry.value(), Source.LOADER));
    }
    KeyRead<K, V> own = inFlight.unshared(key, address);
    InFlightLoad<V> joined = inFlight.join(own);
    if (joined == own.load()) {
      read(own, loader);
      return joined.result(parts.name());
    }
    return bounded(joined);
  }

  /** The result of a load that another caller began, or its failure after the bound of waits. */
  private CompletableFuture<Found<V>> bounded(InFlightLoad<V> joined) {
    CompletableFuture<Found<V>> mine = joined.result(parts.name()).copy();
    if (!mine.isDone()) {
      Duration bound = config.waitBound();
      Future<?> over =
          threads.limit(
              bound, () -> mine.completeExceptionally(joined.tooLong(parts.name(), bound)));
      var unused = mine.whenComplete((found, failure) -> over.cancel(false));
    }
    return mine;
  }

  private void read(
      KeyRead<K, V> read, Function<? super K, ? extends CompletionStage<Entry<V>>> loader) {
    PendingLoad<K, V> load;
    try {
      load = look(read, loader);
    } catch (Throwable failure) {
      end(read, inFlightLoad -> inFlightLoad.fail(failure));
      throw failure;
    }
    if (load == null) {
      return;
    }
    if (load.isBusy()) {
      read.load().handOver();
      follow(read, loader, parts.now());
    } else {
      var unused = load(load, loader);
      read.load().handOver();
    }
    if (config.limitsLoads() && !read.load().isDone()) {
      Future<?> soft = limit(load, config.loadTimeoutSoft(), false);
      Future<?> hard = limit(load, config.loadTimeoutHard(), true);
      var unused =
          read.load()
              .result(parts.name())
              .whenComplete(
                  (found, failure) -> {
                    soft.cancel(false);
                    hard.cancel(false);
                  });
    }
  }

  /** Ends the read with what the levels hold, or returns what is left to load. */
  private @Nullable PendingLoad<K, V> look(
      KeyRead<K, V> read, Function<? super K, ? extends CompletionStage<Entry<V>>> loader) {
    List<PendingLoad<K, V>> loads = store.lookUp(List.of(read), Mode.READ);
    Found<V> answer = read.found();
    if (answer == null) {
      return loads.get(0);
    }
    end(read, load -> load.complete(answer));
    if (!loads.isEmpty() && !threads.start(() -> load(loads.get(0), loader))) {
      runner.skipRefresh(loads);
    }
    return null;
  }

  /** Looks once more, and again when the other node reports its load or its lease ends. */
  private void follow(
      KeyRead<K, V> read,
      Function<? super K, ? extends CompletionStage<Entry<V>>> loader,
      long begun) {
    CompletableFuture<Void> call = waiters.next(read.hash()); // before the look, or it is missed
    try {
      PendingLoad<K, V> load = read.load().isDone() ? null : look(read, loader);
      boolean patient = parts.now() - begun < config.lease().toNanos();
      if (load != null && load.isBusy() && patient) {
        parts.counters().leaseWaits.increment();
        long waitsSince = parts.now();
        Future<?> over =
            threads.after(
                load.reply().busyFor().plusMillis(1), () -> waiters.end(read.hash(), call));
        var unused =
            call.thenRun(
                () -> {
                  over.cancel(false);
                  parts.counters().leaseWaitNanos.add(parts.now() - waitsSince);
                  if (!threads.start(() -> follow(read, loader, begun))) {
                    end(read, mine -> mine.fail(runner.notBegun(List.of(load))));
                  }
                });
        return;
      }
      if (load != null) {
        var unused = load(load, loader);
      }
    } catch (Throwable failure) {
      end(read, load -> load.fail(failure));
    }
    waiters.end(read.hash(), call);
  }

  /** Runs the loader; the outcome of its stage reaches the callers that wait for the load. */
  private CompletionStage<Entry<V>> load(
      PendingLoad<K, V> load, Function<? super K, ? extends CompletionStage<Entry<V>>> loader) {
    long begun = runner.begin();
    CompletionStage<Entry<V>> stage;
    try {
      stage = requireNonNull(loader.apply(load.read().key()), "stage");
    } catch (Throwable failure) {
      runner.failed(List.of(load), begun, failure);
      if (fail(load, failure)) {
        throw failure;
      }
      return CompletableFuture.completedFuture(Entry.absent());
    }
    return stage.whenComplete(
        (entry, failure) -> {
          if (failure == null) {
            complete(load, begun, entry);
          } else {
            Throwable cause = Stages.cause(failure);
            runner.failed(List.of(load), begun, cause);
            fail(load, cause);
          }
        });
  }

  private Future<?> limit(PendingLoad<K, V> load, Duration after, boolean hard) {
    if (after.isZero()) {
      return CompletableFuture.completedFuture(null);
    }
    return threads.limit(
        after,
        () -> {
          Found<V> found = load.read().load().isDone() ? null : stale.insteadOfLoad(load);
          if (found != null) {
            end(load.read(), mine -> mine.complete(found));
          } else if (hard) {
            end(load.read(), mine -> mine.fail(runner.timedOut(List.of(load))));
          }
        });
  }

  private void complete(PendingLoad<K, V> load, long begun, Entry<V> entry) {
    try {
      runner.loaded(List.of(load), begun, List.of(entry));
      end(load.read(), mine -> mine.complete(new Found<>(entry.value(), Source.LOADER)));
    } catch (Throwable failure) {
      end(load.read(), mine -> mine.fail(failure));
    }
  }

  /** Whether the failure reaches the callers that wait; otherwise a stale value serves instead. */
  private boolean fail(PendingLoad<K, V> load, Throwable failure) {
    boolean unseen = load.read().load().isDone();
    Found<V> found = unseen || !(failure instanceof Exception) ? null : stale.insteadOfLoad(load);
    if (unseen || found != null) {
      runner.failedUnseen(failure);
    }
    if (found == null) {
      end(load.read(), mine -> mine.fail(failure));
    } else {
      end(load.read(), mine -> mine.complete(found));
    }
    return !unseen && found == null;
  }

  private void end(KeyRead<K, V> read, Consumer<InFlightLoad<V>> how) {
    how.accept(read.load());
    inFlight.end(read);
  }
}
