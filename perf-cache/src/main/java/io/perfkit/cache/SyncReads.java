package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import io.perfkit.cache.Found.Source;
import io.perfkit.cache.TwoLevelStore.Mode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Reads keys for callers that wait: joins the load under way in this JVM, or reads both levels,
 * waits for another node's load, and loads what neither level holds. Thread safe.
 */
final class SyncReads<K, V> {
  private static final int MAX_LOOKS = 100;

  private final CacheParts<K, V> parts;
  private final InFlightLoads<K, V> inFlight;
  private final TwoLevelStore<K, V> store;
  private final StaleValues<K, V> stale;
  private final LoaderRunner<K, V> runner;
  private final LeaseWaiters waiters;

  SyncReads(
      CacheParts<K, V> parts,
      InFlightLoads<K, V> inFlight,
      TwoLevelStore<K, V> store,
      StaleValues<K, V> stale,
      LoaderRunner<K, V> runner) {
    this.parts = parts;
    this.inFlight = inFlight;
    this.store = store;
    this.stale = stale;
    this.runner = runner;
    this.waiters = parts.waiters();
  }

  /** Reads one key, or waits for a thread that does; loads it if neither level holds it. */
  Found<V> get(K key, Address address, Loader<K, V> loader) {
    if (parts.keepsNothing()) {
      parts.l2().requireOpen();
      return new Found<>(loader.load(List.of(key)).get(0).value(), Source.LOADER);
    }
    KeyRead<K, V> own = inFlight.unshared(key, address);
    InFlightLoad<V> joined = inFlight.join(own);
    if (joined != own.load()) {
      return joined.await(parts.name(), parts.config().waitBound());
    }
    readForAll(List.of(own), loader);
    return requireNonNull(own.found());
  }

  /** As {@link #get} for each key; what neither level holds is loaded by one call. */
  Map<K, Found<V>> getAll(Map<K, Address> keys, Loader<K, V> loader) {
    Map<K, Found<V>> found = new HashMap<>();
    if (parts.keepsNothing()) {
      parts.l2().requireOpen();
      List<K> all = List.copyOf(keys.keySet());
      List<Entry<V>> loaded = all.isEmpty() ? List.of() : loader.load(all);
      for (int i = 0; i < loaded.size(); i++) {
        found.put(all.get(i), new Found<>(loaded.get(i).value(), Source.LOADER));
      }
      return found;
    }
    List<KeyRead<K, V>> mine = new ArrayList<>(keys.size());
    Map<K, InFlightLoad<V>> others = new LinkedHashMap<>();
    keys.forEach(
        (key, address) -> {
          KeyRead<K, V> own = inFlight.unshared(key, address);
          InFlightLoad<V> joined = inFlight.join(own);
          if (joined == own.load()) {
            mine.add(own);
          } else {
            others.put(key, joined);
          }
        });
    readForAll(mine, loader);
    mine.forEach(read -> found.put(read.key(), requireNonNull(read.found())));
    others.forEach(
        (key, load) -> found.put(key, load.await(parts.name(), parts.config().waitBound()))); // I5
    return found;
  }

  /** The value of a key by L2, or by the loader; shares no load that began before. */
  Found<V> verify(K key, Address address, Loader<K, V> loader) {
    if (parts.keepsNothing()) {
      return get(key, address, loader);
    }
    KeyRead<K, V> read = inFlight.unshared(key, address);
    readAll(List.of(read), Mode.VERIFY, loader);
    return requireNonNull(read.found());
  }

  /** The value that a level holds for a key; an absent value of no level if none does. */
  Found<V> peek(K key, Address address) {
    KeyRead<K, V> read = inFlight.unshared(key, address);
    store.lookUp(List.of(read), Mode.PEEK);
    Found<V> found = read.found();
    return found == null ? new Found<>(null, Source.LOADER) : found;
  }

  /** Reads keys whose loads this thread owns. */
  private void readForAll(List<KeyRead<K, V>> reads, Loader<K, V> loader) {
    try {
      readAll(reads, Mode.READ, loader);
      reads.forEach(read -> read.load().complete(requireNonNull(read.found())));
    } catch (Throwable failure) {
      reads.forEach(read -> read.load().fail(failure));
      throw failure;
    } finally {
      reads.forEach(inFlight::end);
    }
  }

  /**
   * Loads at once the keys that no other node loads, and waits for the rest; a caller that waits
   * holds no lease, so nodes can't wait in a cycle (I5). A key that is busy for longer than a lease
   * lasts is loaded here too, and not stored in Redis.
   */
  private void readAll(List<KeyRead<K, V>> reads, Mode mode, Loader<K, V> loader) {
    List<KeyRead<K, V>> open = reads;
    long begun = parts.now();
    for (int looks = 0; !open.isEmpty(); looks++) {
      Map<Integer, CompletableFuture<Void>> calls =
          looks == 0 ? Map.of() : register(open); // before the look that finds them busy
      try {
        Duration waited = Duration.ofNanos(parts.now() - begun);
        boolean patient = looks < MAX_LOOKS && waited.compareTo(parts.config().lease()) < 0;
        List<PendingLoad<K, V>> refreshes = new ArrayList<>();
        List<PendingLoad<K, V>> loads = new ArrayList<>();
        List<PendingLoad<K, V>> busy = new ArrayList<>();
        for (PendingLoad<K, V> load : store.lookUp(open, mode)) {
          if (load.isServed()) {
            refreshes.add(load);
          } else {
            (patient && load.isBusy() ? busy : loads).add(load);
          }
        }
        runner.refresh(refreshes, loader);
        runner.load(loads, loader);
        busy.removeIf(load -> serveAfterWaiting(load, waited));
        if (looks > 0 && !busy.isEmpty()) {
          PendingLoad<K, V> first = busy.get(0);
          await(first, requireNonNull(calls.get(first.read().hash())), waited);
        }
        open = busy.stream().map(PendingLoad::read).toList();
      } finally {
        calls.forEach(waiters::end);
      }
    }
  }

  private Map<Integer, CompletableFuture<Void>> register(List<KeyRead<K, V>> reads) {
    Map<Integer, CompletableFuture<Void>> calls = new HashMap<>();
    reads.forEach(read -> calls.put(read.hash(), waiters.next(read.hash())));
    return calls;
  }

  private boolean serveAfterWaiting(PendingLoad<K, V> load, Duration waited) {
    @Nullable Found<V> found = stale.afterWaiting(load, waited);
    if (found != null) {
      load.read().found(found);
    } else if (stale.isTimeOver(waited)) {
      throw runner.timedOut(List.of(load));
    }
    return found != null;
  }

  private void await(PendingLoad<K, V> load, CompletableFuture<Void> call, Duration waited) {
    Duration lease = load.reply().busyFor().plusMillis(1);
    Duration decision = stale.untilDecision(waited);
    long begun = parts.now();
    parts.counters().leaseWaits.increment();
    try {
      waiters.await(call, lease.compareTo(decision) < 0 ? lease : decision);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LoadInterrupted("waiting for " + parts.what(load.read().address()), e);
    } finally {
      parts.counters().leaseWaitNanos.add(parts.now() - begun);
    }
  }
}
