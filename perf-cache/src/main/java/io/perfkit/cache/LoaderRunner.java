package io.perfkit.cache;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.perfkit.cache.Found.Source;
import io.perfkit.cache.internal.Thrown;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Runs loaders, on their caller's thread or within a time limit on another, and keeps what they
 * load. Thread safe.
 */
final class LoaderRunner<K, V> {
  private final CacheParts<K, V> parts;
  private final CacheConfig config;
  private final TwoLevelStore<K, V> store;
  private final StaleValues<K, V> stale;
  private final FailureLog log;

  LoaderRunner(CacheParts<K, V> parts, TwoLevelStore<K, V> store, StaleValues<K, V> stale) {
    this.parts = parts;
    this.config = parts.config();
    this.store = store;
    this.stale = stale;
    this.log = new FailureLog(parts.name(), config.throttle(), parts.local()::now);
  }

  /** Ends each read with the loaded value, or with the stale value that serves instead. */
  void load(List<PendingLoad<K, V>> loads, Loader<K, V> loader) {
    if (loads.isEmpty()) {
      return;
    }
    try {
      List<Entry<V>> entries =
          config.limitsLoads() ? runLimited(loads, loader) : run(loads, loader);
      for (int i = 0; entries != null && i < loads.size(); i++) {
        loads.get(i).read().found(new Found<>(entries.get(i).value(), Source.LOADER));
      }
    } catch (Exception failure) {
      if (failure instanceof LoadInterrupted || !stale.serveInsteadOf(loads)) {
        throw failure;
      }
      log.tell(failure);
    }
  }

  /** Reloads values that have been served already, in the background. */
  void refresh(List<PendingLoad<K, V>> loads, Loader<K, V> loader) {
    if (loads.isEmpty()) {
      return;
    }
    boolean started =
        parts
            .threads()
            .start(
                () -> {
                  try {
                    run(loads, loader);
                  } catch (Exception failure) {
                    log.tell(failure);
                  }
                });
    if (!started) {
      skipRefresh(loads);
    }
  }

  /**
   * Counts refreshes for which no thread was free, and ends their leases; the next caller tries
   * again.
   */
  void skipRefresh(List<PendingLoad<K, V>> loads) {
    parts.counters().refreshesSkipped.add(loads.size());
    store.release(loads, Duration.ZERO);
  }

  /** Logs an exception that no caller gets, since a stale value has served. */
  void failedUnseen(Throwable failure) {
    log.tell(failure);
  }

  /** The time at which a load begins, for {@link #failed} and {@link #loaded}. */
  long begin() {
    return parts.now();
  }

  /** Counts a load that failed and ends its leases. */
  void failed(List<PendingLoad<K, V>> loads, long begun, Throwable failure) {
    parts.counters().loadFailures.increment();
    parts.counters().loadNanos.add(parts.now() - begun);
    store.fail(loads, failure);
  }

  /** Counts a load and keeps what it loaded. */
  void loaded(List<PendingLoad<K, V>> loads, long begun, List<Entry<V>> entries) {
    parts.counters().loads.increment();
    parts.counters().loadNanos.add(parts.now() - begun);
    store.keep(loads, entries);
  }

  private List<Entry<V>> run(List<PendingLoad<K, V>> loads, Loader<K, V> loader) {
    List<K> keys = new ArrayList<>(loads.size());
    loads.forEach(load -> keys.add(load.read().key()));
    long begun = begin();
    List<Entry<V>> entries;
    try {
      entries = requireNonNull(loader.load(keys), "loaded");
    } catch (Throwable failure) {
      failed(loads, begun, failure);
      throw failure;
    }
    loaded(loads, begun, entries);
    return entries;
  }

  /**
   * As {@link #run} on another thread, for as long as callers may wait; then it goes on there.
   *
   * @return null if stale values serve in its place
   */
  private @Nullable List<Entry<V>> runLimited(List<PendingLoad<K, V>> loads, Loader<K, V> loader) {
    CompletableFuture<List<Entry<V>>> running = new CompletableFuture<>();
    boolean started =
        parts
            .threads()
            .start(
                () -> {
                  loads.forEach(load -> load.read().load().takeOver());
                  try {
                    running.complete(run(loads, loader));
                  } catch (Throwable failure) {
                    if (!running.completeExceptionally(failure)) {
                      log.tell(failure);
                    }
                  }
                });
    if (!started) {
      store.release(loads, Duration.ZERO);
      throw notBegun(loads);
    }
    long begun = parts.now();
    Duration soft = config.loadTimeoutSoft();
    if (!soft.isZero() && loads.stream().allMatch(stale::mayServe)) {
      if (await(running, soft.toNanos(), loads)) {
        return running.join();
      }
      if (stale.serveInsteadOf(loads)) {
        running.cancel(false);
        return null;
      }
    }
    Duration hard = config.loadTimeoutHard();
    long left = hard.isZero() ? Long.MAX_VALUE : hard.toNanos() - (parts.now() - begun);
    if (await(running, left, loads)) {
      return running.join();
    }
    running.cancel(false); // only marks that no caller waits any more
    throw timedOut(loads);
  }

  /** Whether it ended in time; rethrows its exception as it is. */
  private boolean await(
      CompletableFuture<?> running, long atMostNanos, List<PendingLoad<K, V>> loads) {
    LoadThreads.beginWait();
    try {
      running.get(atMostNanos, NANOSECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException e) {
      throw Thrown.<RuntimeException>asIs(e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LoadInterrupted(what(loads), e);
    } finally {
      LoadThreads.endWait();
    }
  }

  LoadTimedOut notBegun(List<PendingLoad<K, V>> loads) {
    return new LoadTimedOut(what(loads) + " was not begun: too many loads are under way");
  }

  LoadTimedOut timedOut(List<PendingLoad<K, V>> loads) {
    return new LoadTimedOut(what(loads) + " takes longer than " + config.loadTimeoutHard());
  }

  private String what(List<PendingLoad<K, V>> loads) {
    return "loading "
        + (loads.size() == 1
            ? parts.what(loads.get(0).read().address())
            : loads.size() + " keys of cache '" + parts.name() + "'");
  }
}
