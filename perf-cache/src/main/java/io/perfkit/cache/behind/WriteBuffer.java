package io.perfkit.cache.behind;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.MINUTES;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.perfkit.cache.Write;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The writes that a {@link WriteBehind} has accepted and not yet done, and which of them is due.
 * Bounded. Thread safe.
 */
final class WriteBuffer<K, V> {

  /* Invariants
   * B1  the writes of a key are done in their order: one at most waits, one at most is under way,
   *     and the one that waits is the later; take skips a key with a write under way, and a direct
   *     write waits for it.
   * B2  accepted = merged + written + failed + returned + waiting + under way, whenever the lock is
   *     free: a write leaves underWay by identity, so it is counted once, whichever thread ends it.
   * B3  waiting and under way together are at most maxEntries.
   * All but `latest` is read and written under the lock, and nothing of the host's runs there but
   * hashCode and equals of keys. */
  private static final long IDLE_NANOS = MINUTES.toNanos(1);

  private final WriteBehindConfig config;
  private final LongSupplier nanos;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Never tried, in the order of their acceptance. */
  private final Map<K, Pending<K, V>> fresh = new LinkedHashMap<>();

  /** Tried and failed, each with a time of its own. */
  private final Map<K, Pending<K, V>> retries = new LinkedHashMap<>();

  private final Map<K, Pending<K, V>> underWay = new HashMap<>();

  /** Keys that callers are writing themselves now. */
  private final Set<K> direct = new HashSet<>();

  /** The latest write of a key, for readers: all of the above but direct ones. */
  private final ConcurrentMap<K, Pending<K, V>> latest = new ConcurrentHashMap<>();

  private boolean retriesNext;

  private boolean closed;

  private long accepted;

  private long merged;

  private long written;

  private long overflowed;

  private long retried;

  private long failed;

  private long returned;

  WriteBuffer(WriteBehindConfig config, LongSupplier nanos) {
    this.config = config;
    this.nanos = nanos;
  }

  /** An accepted write. Compared by identity. */
  static final class Pending<K, V> {
    final Write<K, V> write;
    private final int attempts;
    private final long dueNanos;

    private Pending(Write<K, V> write, int attempts, long dueNanos) {
      this.write = write;
      this.attempts = attempts;
      this.dueNanos = dueNanos;
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** The latest write of the key that is not known to be done, or null. Takes no lock. */
  @Nullable Write<K, V> latest(K key) {
    Pending<K, V> pending = latest.get(key);
    return pending == null ? null : pending.write;
  }

  /**
   * Accepts a write. If there is no room, the caller reserves the key until {@link #directDone} and
   * must write it now; this may wait for a write of the key that is under way.
   *
   * @return whether it was accepted
   * @throws InterruptedException if interrupted while it waits; the write was not accepted
   * @throws IllegalStateException if closed
   */
  boolean offer(Write<K, V> write) throws InterruptedException {
    K key = write.key();
    lock.lockInterruptibly();
    try {
      while (true) {
        if (closed) {
          throw new IllegalStateException("closed (expected: no write after close)");
        }
        boolean free = !direct.contains(key);
        if (free && (replaces(key) || size() < config.maxEntries())) {
          accept(write);
          return true;
        }
        if (free && !underWay.containsKey(key)) {
          direct.add(key);
          return false;
        }
        changed.await(); // B1
      }
    } finally {
      lock.unlock();
    }
  }

  private boolean replaces(K key) {
    return fresh.containsKey(key) || retries.containsKey(key);
  }

  private int size() {
    return fresh.size() + retries.size() + underWay.size();
  }

  private void accept(Write<K, V> write) {
    Pending<K, V> replaced = fresh.get(write.key());
    if (replaced == null) {
      merged += retries.remove(write.key()) == null ? 0 : 1; // a new value starts anew
    } else {
      merged++;
    }
    long due = replaced == null ? nanos.getAsLong() + config.delay().toNanos() : replaced.dueNanos;
    Pending<K, V> pending = new Pending<>(write, 0, due);
    fresh.put(write.key(), pending);
    latest.put(write.key(), pending);
    accepted++;
    if (fresh.size() == 1 || fresh.size() == config.maxBatch()) {
      changed.signalAll();
    }
  }

  /** The caller of a direct write is done with it. */
  void directDone(K key, boolean success) {
    lock.lock();
    try {
      direct.remove(key);
      if (success) {
        accepted++;
        written++;
        overflowed++;
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Waits for the next batch and takes it; an empty one means closed and done. */
  List<Pending<K, V>> take() {
    lock.lock();
    try {
      while (true) {
        long now = nanos.getAsLong();
        List<Pending<K, V>> batch = collect(now);
        if (!batch.isEmpty() || (closed && size() == 0)) {
          return batch;
        }
        try {
          long unused = changed.awaitNanos(nanosToNextDue(now));
        } catch (InterruptedException e) {
          // Meant for the writer, from itself or from a close that gave up: then nothing is left.
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Always positive: a due write may be of a key that a caller is writing. */
  private long nanosToNextDue(long now) {
    long next = IDLE_NANOS;
    if (!fresh.isEmpty()) {
      next = fresh.values().iterator().next().dueNanos - now;
    }
    for (Pending<K, V> retry : retries.values()) {
      next = Math.min(next, retry.dueNanos - now);
    }
    return Math.max(next, MILLISECONDS.toNanos(1));
  }

  private List<Pending<K, V>> collect(long now) {
    retriesNext = !retriesNext; // neither delays the other
    List<Pending<K, V>> batch = retriesNext ? collectRetries(now) : collectFresh(now);
    if (batch.isEmpty()) {
      batch = retriesNext ? collectFresh(now) : collectRetries(now);
    }
    batch.forEach(pending -> underWay.put(pending.write.key(), pending));
    return batch;
  }

  private List<Pending<K, V>> collectFresh(long now) {
    if (fresh.isEmpty()) {
      return List.of();
    }
    boolean due = fresh.values().iterator().next().dueNanos - now <= 0;
    return closed || due || fresh.size() >= config.maxBatch()
        ? collect(fresh, pending -> true, config.maxBatch())
        : List.of();
  }

  /** The first due write and those that failed as often, so that they do not delay others. */
  private List<Pending<K, V>> collectRetries(long now) {
    for (Pending<K, V> first : retries.values()) {
      if (first.dueNanos - now <= 0) {
        return collect(
            retries,
            retry -> retry.attempts == first.attempts && retry.dueNanos - now <= 0,
            config.maxBatchAfter(first.attempts));
      }
    }
    return List.of();
  }

  private List<Pending<K, V>> collect(
      Map<K, Pending<K, V>> from, Predicate<Pending<K, V>> wanted, int max) {
    List<Pending<K, V>> batch = new ArrayList<>();
    Iterator<Pending<K, V>> all = from.values().iterator();
    while (all.hasNext() && batch.size() < max) {
      Pending<K, V> pending = all.next();
      K key = pending.write.key();
      if (wanted.test(pending) && !underWay.containsKey(key) && !direct.contains(key)) { // B1
        batch.add(pending);
        all.remove();
      }
    }
    return batch;
  }

  /** The writer committed the batch. */
  void written(List<Pending<K, V>> batch) {
    lock.lock();
    try {
      for (Pending<K, V> pending : batch) {
        if (end(pending)) {
          written++;
        }
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The writer threw: the writes of the batch are queued for a retry, except one that was tried
   * often enough and at last alone.
   *
   * @return the writes that are given up
   */
  List<Write<K, V>> failed(List<Pending<K, V>> batch) {
    List<Write<K, V>> givenUp = new ArrayList<>();
    lock.lock();
    try {
      long now = nanos.getAsLong();
      for (Pending<K, V> pending : batch) {
        int attempts = pending.attempts + 1;
        if (replaces(pending.write.key())) {
          merged += end(pending) ? 1 : 0;
        } else if (batch.size() == 1 && attempts >= config.maxAttempts()) {
          if (end(pending)) {
            failed++;
            givenUp.add(pending.write);
          }
        } else if (underWay.remove(pending.write.key(), pending)) {
          long pause = config.backoff(attempts).toNanos();
          long due = now + pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
          Pending<K, V> retry = new Pending<>(pending.write, attempts, due);
          retries.put(pending.write.key(), retry);
          latest.replace(pending.write.key(), pending, retry);
          retried++;
        }
      }
      changed.signalAll();
      return givenUp;
    } finally {
      lock.unlock();
    }
  }

  /** Whether the write was under way until now; false if a close took it back. */
  private boolean end(Pending<K, V> pending) {
    latest.remove(pending.write.key(), pending);
    return underWay.remove(pending.write.key(), pending);
  }

  /**
   * Stops accepting writes, makes all of them due, and waits until they are done or {@code
   * deadline} has passed; an interrupt ends the wait and stays set.
   *
   * @return the writes not known to be done, the older write of a key first; the buffer forgets
   *     them
   */
  List<Write<K, V>> close(Duration deadline) {
    lock.lock();
    try {
      closed = true;
      long now = nanos.getAsLong();
      retries.replaceAll((key, retry) -> new Pending<>(retry.write, retry.attempts, now));
      latest.putAll(retries);
      changed.signalAll();
      awaitDone(deadline);
      return takeBack();
    } finally {
      lock.unlock();
    }
  }

  private void awaitDone(Duration deadline) {
    try {
      long left = NANOSECONDS.convert(deadline);
      while (left > 0 && !(size() == 0 && direct.isEmpty())) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private List<Write<K, V>> takeBack() {
    List<Write<K, V>> back = new ArrayList<>(size());
    for (Map<K, Pending<K, V>> part : List.of(underWay, retries, fresh)) {
      part.values().forEach(pending -> back.add(pending.write));
      part.clear();
    }
    latest.clear();
    returned += back.size();
    changed.signalAll();
    return back;
  }

  WriteBehindStats stats() {
    lock.lock();
    try {
      return new WriteBehindStats(
          accepted, merged, written, overflowed, retried, failed, returned, size());
    } finally {
      lock.unlock();
    }
  }
}
