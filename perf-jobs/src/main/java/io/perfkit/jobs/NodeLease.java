package io.perfkit.jobs;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;

/**
 * The lease of this node: the incarnation under which it owns jobs. When a lease has expired the
 * node takes a new incarnation. Thread safe.
 */
final class NodeLease {
  /* Invariants
   * L1  An incarnation that was found fenced is never used for a claim again.
   * L2  A claim whose reply was lost is disowned at each of the next heartbeats: the store may run
   *     the claim later than the call failed.
   */
  private static final int DISOWN_BEATS = 10;

  private final JobStore store;
  private final String node;
  private final Duration lease;
  private final AtomicLong claims = new AtomicLong();
  private final ReentrantLock joining = new ReentrantLock();
  private final Set<LostClaim> lost = ConcurrentHashMap.newKeySet();
  private final List<LongConsumer> fencedListeners = new CopyOnWriteArrayList<>();
  private volatile long owner;

  /** A claim that may have taken jobs of which nobody knows. */
  private record LostClaim(long owner, long claim, int beatsLeft) {}

  NodeLease(JobStore store, String node, Duration lease) {
    this.store = store;
    this.node = node;
    this.lease = lease;
  }

  /** Begins the first incarnation. */
  void join() {
    owner = store.join(node, lease);
  }

  long owner() {
    return owner;
  }

  Duration duration() {
    return lease;
  }

  long nextClaim() {
    return claims.incrementAndGet();
  }

  /** Whom to tell the number of an incarnation that is over. */
  void onFenced(LongConsumer listener) {
    fencedListeners.add(listener);
  }

  /** The incarnation is over: takes a new one, unless another thread did. */
  void fenced(long old) {
    joining.lock();
    try {
      if (owner == old) {
        fencedListeners.forEach(listener -> listener.accept(old));
        owner = store.join(node, lease);
      }
    } finally {
      joining.unlock();
    }
  }

  /** Renews the lease; returns the jobs that should stop. */
  Set<JobId> beat() {
    long now = owner;
    Beat beat = store.beat(now, lease);
    if (beat.fenced()) {
      fenced(now);
      return Set.of();
    }
    disownLost();
    return beat.cancelled();
  }

  /** The reply to a claim did not arrive. */
  void lost(long owner, long claim) {
    lost.add(new LostClaim(owner, claim, DISOWN_BEATS));
  }

  private void disownLost() {
    for (LostClaim one : new ArrayList<>(lost)) {
      store.disown(one.owner(), one.claim());
      lost.remove(one);
      if (one.beatsLeft() > 1 && one.owner() == owner) {
        lost.add(new LostClaim(one.owner(), one.claim(), one.beatsLeft() - 1));
      }
    }
  }

  void leave() {
    store.leave(owner);
  }
}
