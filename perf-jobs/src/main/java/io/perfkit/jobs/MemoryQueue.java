package io.perfkit.jobs;

import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;

/** The jobs of one queue in the heap. Guarded by the lock of its {@link MemoryStore}. */
final class MemoryQueue {
  /* Invariants
   * M1  waiting = jobs in ready, delayed and the queues of keys.
   * M2  A keyed job is ready, owned or put back only while it holds its key; a key is held by at
   *     most perKey jobs. A job that is put back keeps it.
   */
  final String name;
  final Counters count = new Counters();
  final Map<JobId, BuriedJob> dead = new LinkedHashMap<>();
  int waiting;
  int inFlight;
  @Nullable Condition place;

  private final List<ArrayDeque<MemoryJob>> ready = new ArrayList<>();
  private final PriorityQueue<MemoryJob> delayed =
      new PriorityQueue<>(
          Comparator.<MemoryJob>comparingLong(job -> job.dueNanos)
              .thenComparingLong(job -> job.sequence));
  private final Map<String, Key> keys = new HashMap<>();
  private final Map<String, Unique> uniques = new HashMap<>();
  private long lastSequence;

  /** The number of jobs that hold a key, and those that wait for it. */
  private static final class Key {
    int held;
    final Deque<MemoryJob> waiting = new ArrayDeque<>();
  }

  /** A taken unique key; {@code window} is zero for one that is free when its job ended. */
  private record Unique(JobId holder, long window, long until) {}

  static final class Counters {
    long enqueued;
    long replayed;
    long claimed;
    long done;
    long retried;
    long dead;
    long discarded;
    long cancelled;
    long removed;
    long returned;
    long rescued;
    long crashed;
    long stale;
  }

  MemoryQueue(String name) {
    this.name = name;
    for (int i = 0; i < Priority.values().length; i++) {
      ready.add(new ArrayDeque<>());
    }
  }

  /** Adds a new job. */
  void add(MemoryJob job, long now, long delayNanos) {
    job.sequence = ++lastSequence;
    job.dueNanos = now + delayNanos;
    waiting++;
    if (delayNanos > 0) {
      delayed.add(job);
    } else {
      due(job);
    }
  }

  /** Takes back a job that was owned: before the others, or when its delay is over. */
  void putBack(MemoryJob job, long now, long delayNanos) {
    waiting++;
    job.dueNanos = now + delayNanos;
    if (delayNanos > 0) {
      delayed.add(job);
    } else {
      readyOf(job).addFirst(job);
    }
  }

  private void due(MemoryJob job) {
    String key = job.source.key();
    if (key == null) {
      readyOf(job).addLast(job);
    } else if (job.holdsKey) {
      readyOf(job).addFirst(job);
    } else {
      Key state = keys.computeIfAbsent(key, unused -> new Key());
      if (state.held < job.source.perKey() && state.waiting.isEmpty()) {
        hold(state, job);
      } else {
        state.waiting.addLast(job);
      }
    }
  }

  private void hold(Key state, MemoryJob job) {
    state.held++;
    job.holdsKey = true;
    readyOf(job).addLast(job);
  }

  /** Gives the key of a job that ended to the next one. */
  void freeKey(MemoryJob job) {
    String key = job.source.key();
    Key state = key == null ? null : keys.get(key);
    if (state == null || !job.holdsKey) {
      return;
    }
    job.holdsKey = false;
    state.held--;
    MemoryJob next = state.waiting.peekFirst();
    while (next != null && state.held < next.source.perKey()) {
      hold(state, state.waiting.removeFirst());
      next = state.waiting.peekFirst();
    }
    if (state.held == 0 && next == null) {
      keys.remove(key);
    }
  }

  private ArrayDeque<MemoryJob> readyOf(MemoryJob job) {
    return ready.get(job.source.priority().index());
  }

  /** Makes delayed jobs ready whose time has come. */
  void promote(long now) {
    MemoryJob first = delayed.peek();
    while (first != null && first.dueNanos - now <= 0) {
      delayed.remove();
      due(first);
      first = delayed.peek();
    }
  }

  /** Time until {@link #promote} finds something, in milliseconds rounded up. */
  long nextDueMillis(long now) {
    MemoryJob first = delayed.peek();
    return first == null
        ? Long.MAX_VALUE
        : TimeUnit.NANOSECONDS.toMillis(Math.max(0, first.dueNanos - now) + 999_999);
  }

  /** Takes jobs by quota, then fills up from the highest priority; they stay counted. */
  List<MemoryJob> take(Set<String> types, List<Integer> quotas, int want) {
    List<MemoryJob> taken = new ArrayList<>(Math.min(want, 16));
    for (int i = 0; i < quotas.size(); i++) {
      take(ready.get(i), types, quotas.get(i), taken);
    }
    for (int i = 0; i < quotas.size() && taken.size() < want; i++) {
      take(ready.get(i), types, want - taken.size(), taken);
    }
    return taken;
  }

  private static void take(
      ArrayDeque<MemoryJob> from, Set<String> types, int most, List<MemoryJob> taken) {
    int left = most;
    MemoryJob first = from.peekFirst();
    while (left > 0 && first != null && types.contains(first.source.type())) {
      taken.add(from.removeFirst());
      left--;
      first = from.peekFirst();
    }
    if (left > 0 && first != null) {
      for (Iterator<MemoryJob> rest = from.iterator(); left > 0 && rest.hasNext(); ) {
        MemoryJob job = rest.next();
        if (types.contains(job.source.type())) {
          taken.add(job);
          rest.remove();
          left--;
        }
      }
    }
  }

  /** Takes out a job that waits. */
  void remove(MemoryJob job) {
    if (!readyOf(job).remove(job) && !delayed.remove(job)) {
      Key state = job.source.key() == null ? null : keys.get(job.source.key());
      if (state != null) {
        state.waiting.remove(job);
      }
    }
  }

  @Nullable JobId uniqueHolder(String unique, long now) {
    Unique taken = uniques.get(unique);
    if (taken == null) {
      return null;
    }
    if (taken.window() > 0 && taken.until() - now <= 0) {
      uniques.remove(unique);
      return null;
    }
    return taken.holder();
  }

  void takeUnique(NewJob job, long now) {
    long window = TimeUnit.MILLISECONDS.toNanos(job.uniqueMillis());
    uniques.put(job.unique(), new Unique(job.id(), window, now + window));
  }

  void freeUnique(NewJob job) {
    Unique taken = job.unique() == null ? null : uniques.get(job.unique());
    if (taken != null && taken.window() == 0 && taken.holder().equals(job.id())) {
      uniques.remove(job.unique());
    }
  }

  /** Deletes dead letters from before {@code oldest}, and forgets windows that are over. */
  int purge(Instant oldest, long now) {
    uniques.values().removeIf(taken -> taken.window() > 0 && taken.until() - now <= 0);
    int purged = 0;
    Iterator<BuriedJob> all = dead.values().iterator();
    while (all.hasNext() && all.next().letter().diedAt().isBefore(oldest)) {
      all.remove();
      purged++;
    }
    return purged;
  }

  QueueCounts counts() {
    return new QueueCounts(
        count.enqueued,
        count.replayed,
        count.claimed,
        count.done,
        count.retried,
        count.dead,
        count.discarded,
        count.cancelled,
        count.removed,
        count.returned,
        count.rescued,
        count.crashed,
        count.stale,
        waiting,
        inFlight);
  }
}
