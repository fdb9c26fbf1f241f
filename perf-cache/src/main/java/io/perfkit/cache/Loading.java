package io.perfkit.cache;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.perfkit.cache.Flight.Found;
import io.perfkit.cache.Flight.Source;
import io.perfkit.cache.internal.Thrown;
import io.perfkit.redis.CodecFailed;
import java.time.Duration;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * Runs loaders, keeps what they load, and finds what serves when they fail or take too long. Thread
 * safe.
 */
final class Loading<K, V> {
  private final String name;
  private final CacheConfig config;
  private final LocalLevel<K, V> local;
  private final Levels<K, V> levels;
  private final LoadThreads threads;
  private final Counters counters;
  private final FailureLog log;

  Loading(
      String name,
      CacheConfig config,
      LocalLevel<K, V> local,
      Levels<K, V> levels,
      LoadThreads threads,
      Counters counters) {
    this.name = name;
    this.config = config;
    this.local = local;
    this.levels = levels;
    this.threads = threads;
    this.counters = counters;
    this.log = new FailureLog(name, config.throttle(), local::now);
  }

  /** Puts what is loaded, or serves in its place, into {@code found}. */
  void load(List<Load<K, V>> loads, Loader<K, V> loader, Map<K, Found<V>> found) {
    if (loads.isEmpty()) {
      return;
    }
    try {
      Map<K, Entry<V>> entries =
          config.limitsLoads() ? runLimited(loads, loader, found) : run(loads, loader);
      for (Load<K, V> load : loads) {
        K key = load.search().key();
        Entry<V> entry = entries.getOrDefault(key, Entry.absent());
        found.putIfAbsent(key, new Found<>(entry.value(), Source.LOADER));
      }
    } catch (Exception failure) {
      if (failure instanceof CodecFailed
          || failure instanceof LoadInterrupted
          || !serveOld(loads, found)) {
        throw failure;
      }
      log.tell(failure);
    }
  }

  /** Loads what has been served already, behind the caller's back. */
  void refresh(List<Load<K, V>> loads, Loader<K, V> loader) {
    if (loads.isEmpty()) {
      return;
    }
    boolean started =
        threads.start(
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

  /** There was no thread for it; the next caller tries again. */
  void skipRefresh(List<Load<K, V>> loads) {
    counters.refreshesSkipped.add(loads.size());
    levels.release(loads, Duration.ZERO);
  }

  /** Nobody gets this exception: an old value has served. */
  void failedUnseen(Throwable failure) {
    log.tell(failure);
  }

  /** When a load begins, for {@link #failed} and {@link #loaded}. */
  long begin() {
    return local.now();
  }

  /** Counts a load that failed and ends its leases. */
  void failed(List<Load<K, V>> loads, long begun, Throwable failure) {
    counters.loadFailures.increment();
    counters.loadNanos.add(local.now() - begun);
    levels.fail(loads, failure);
  }

  /** Counts a load and keeps what it loaded. */
  void loaded(List<Load<K, V>> loads, long begun, Map<K, Entry<V>> entries) {
    counters.loads.increment();
    counters.loadNanos.add(local.now() - begun);
    levels.keep(loads, entries);
  }

  private Map<K, Entry<V>> run(List<Load<K, V>> loads, Loader<K, V> loader) {
    Set<K> keys = new LinkedHashSet<>();
    loads.forEach(load -> keys.add(load.search().key()));
    long begun = begin();
    Map<K, Entry<V>> entries;
    try {
      entries = requireNonNull(loader.load(Collections.unmodifiableSet(keys)), "loaded");
    } catch (Throwable failure) {
      failed(loads, begun, failure);
      throw failure;
    }
    loaded(loads, begun, entries);
    return entries;
  }

  /** As {@link #run} on another thread, for as long as callers may wait; then it goes on there. */
  private Map<K, Entry<V>> runLimited(
      List<Load<K, V>> loads, Loader<K, V> loader, Map<K, Found<V>> found) {
    CompletableFuture<Map<K, Entry<V>>> running = new CompletableFuture<>();
    boolean started =
        threads.start(
            () -> {
              loads.forEach(load -> load.search().flight().takeOver());
              try {
                running.complete(run(loads, loader));
              } catch (Throwable failure) {
                if (!running.completeExceptionally(failure)) {
                  log.tell(failure);
                }
              }
            });
    if (!started) {
      levels.release(loads, Duration.ZERO);
      throw notBegun(loads);
    }
    long begun = local.now();
    Duration soft = config.loadTimeoutSoft();
    if (!soft.isZero() && loads.stream().allMatch(load -> levels.mayServeOld(load))) {
      if (await(running, soft.toNanos(), loads)) {
        return running.join();
      }
      if (serveOld(loads, found)) {
        running.cancel(false);
        return Map.of();
      }
    }
    Duration hard = config.loadTimeoutHard();
    long left = hard.isZero() ? Long.MAX_VALUE : hard.toNanos() - (local.now() - begun);
    if (await(running, left, loads)) {
      return running.join();
    }
    running.cancel(false); // only tells that nobody waits any more
    throw timedOut(loads);
  }

  /** Whether it has ended in time; what it threw is thrown here as it was there. */
  private boolean await(CompletableFuture<?> running, long atMostNanos, List<Load<K, V>> loads) {
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
    }
  }

  LoadTimedOut notBegun(List<Load<K, V>> loads) {
    return new LoadTimedOut(what(loads) + " was not begun: too many loads are under way");
  }

  LoadTimedOut timedOut(List<Load<K, V>> loads) {
    return new LoadTimedOut(what(loads) + " takes longer than " + config.loadTimeoutHard());
  }

  private String what(List<Load<K, V>> loads) {
    String keys =
        loads.size() == 1
            ? "key '" + loads.get(0).search().address().text() + "'"
            : loads.size() + " keys";
    return "loading " + keys + " of cache '" + name + "'";
  }

  /**
   * What serves in place of a load that others do for too long, or null while there is time.
   *
   * @throws LoadTimedOut if nothing serves and the time is over
   */
  @Nullable Found<V> afterWaiting(Load<K, V> load, Duration waited) {
    boolean over = isOver(waited, config.loadTimeoutHard());
    Found<V> old =
        over || isOver(waited, config.loadTimeoutSoft()) ? levels.insteadOfLoad(load) : null;
    if (old == null && over) {
      throw timedOut(List.of(load));
    }
    return old;
  }

  /** How long one may wait on before {@link #afterWaiting} decides anew. */
  Duration untilDecision(Duration waited) {
    Duration next = config.lease();
    for (Duration limit : List.of(config.loadTimeoutSoft(), config.loadTimeoutHard())) {
      Duration left = limit.minus(waited);
      if (!limit.isZero() && !isOver(waited, limit) && left.compareTo(next) < 0) {
        next = left;
      }
    }
    return next;
  }

  private static boolean isOver(Duration waited, Duration limit) {
    return !limit.isZero() && waited.compareTo(limit) >= 0;
  }

  /** All or none: a caller gets an exception for all of his keys. */
  private boolean serveOld(List<Load<K, V>> loads, Map<K, Found<V>> found) {
    Map<K, Found<V>> old = new HashMap<>();
    for (Load<K, V> load : loads) {
      Found<V> one = levels.insteadOfLoad(load);
      if (one == null) {
        return false;
      }
      old.put(load.search().key(), one);
    }
    found.putAll(old);
    return true;
  }
}
