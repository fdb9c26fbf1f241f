package io.perfkit.redis;

import io.perfkit.redis.Waiter.Ended.Reason;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Group commit (DeWitt et al., 1984), without a timer: requests of many threads become few batches.
 * A thread that takes a free lead sends its own request at once. Requests that arrive while no lead
 * is free queue up; a leader that is done passes its lead to the first of them, which sends the
 * queue as one batch. So the load alone sets the size of a batch.
 *
 * <p>A caller leads after {@link #tryLead()}, or once {@link Waiter#await()} returned false. It
 * then takes its own request, collects a {@link #batch}, sends it, calls {@link #handOver()}, ends
 * the batch's requests, and calls {@link #ended}. Thread safe.
 *
 * @param <W> a request and the thread that waits for its answer
 */
final class GroupCommit<W extends Waiter> {

  /* Invariants
   * N1  At most `leads` threads lead at a time. A thread leads from taking a free lead, or from its
   *     promotion, until it hands over to a promoted waiter or to another thread that Succession
   *     named, or gives the lead up.
   * N2  No waiter is stranded: a request is in the queue before its thread looks for a free lead and
   *     at `closed`; a thread that gives a lead up, or closes, looks at the queue afterwards. One of
   *     the two sees the other.
   * N3  A leader sends one batch, which begins with its own request, and hands over before it ends
   *     the batch's requests: the next batch is under way while their threads wake up.
   * N4  A request is in one batch at most, and ends once: by its leader with its batch, or unsent, or
   *     overdue, or interrupted (Waiter W1). A batch that fails ends no request of the queue.
   * N5  A batch takes no further request once it has no room.
   * N8  A waiting thread has no timer, which can cost a virtual thread as much as the rest of its
   *     call. The guard's keeper ends what is overdue: it finds a request in the queue, or in a batch
   *     under way. A leader moves it from the one to the other without blocking. A batch of one is
   *     its leader's own, whose wait the sender bounds.
   * The tests that explore the interleavings of all this replace the JDK's atomics and queue, so
   * there is no other shared state. (N6 and N7 are in Lane.) */
  private final Queue<W> queue = new ConcurrentLinkedQueue<>();
  private final Queue<List<W>> underWay = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final AtomicInteger free;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final int leads;
  private final long maxWaiting;
  private final Succession succession;

  /**
   * @param leads how many batches may be under way at a time
   * @param maxWaiting how many requests may be in the queue
   */
  GroupCommit(int leads, long maxWaiting, Succession succession) {
    this.free = new AtomicInteger(leads);
    this.leads = leads;
    this.maxWaiting = maxWaiting;
    this.succession = succession;
  }

  /** Successor of a leader that is done. */
  enum Successor {
    FIRST_WAITER,
    /** Another thread, which hands over later. */
    OTHER_THREAD,
    NOBODY
  }

  /** Chooses the successor of the current thread, a leader that is done. Must not block. */
  interface Succession {
    Successor next();
  }

  /** What still fits into one batch. Used by its leader alone. */
  interface Room<W> {
    boolean isLeft();

    void add(W waiter);
  }

  /** Takes a free lead, if there is one. The caller leads then, and must hand over. */
  boolean tryLead() {
    for (int now = free.get(); now > 0; now = free.get()) {
      if (free.compareAndSet(now, now - 1)) {
        return true;
      }
    }
    return false;
  }

  /** Queues a request, whose thread then awaits it; if too many wait, it ends unsent. */
  void submit(W waiter) {
    if (waiting.incrementAndGet() > maxWaiting) {
      waiting.decrementAndGet();
      waiter.endUnsent(Reason.QUEUE_FULL, null);
      return;
    }
    queue.add(waiter);
    if (closed.get()) { // N2
      endQueued(Reason.CLOSED, null);
    }
    if (tryLead()) { // N2
      handOver();
    }
  }

  /** Ends the leadership of the current thread (N1). */
  void handOver() {
    do {
      Successor next = succession.next();
      if (next == Successor.OTHER_THREAD || (next == Successor.FIRST_WAITER && promoteFirst())) {
        return;
      }
      free.incrementAndGet();
    } while (!queue.isEmpty() && tryLead()); // N2
  }

  private boolean promoteFirst() {
    for (W next = poll(); next != null; next = poll()) {
      if (next.promote()) {
        return true;
      }
    }
    return false;
  }

  private @Nullable W poll() {
    W next = queue.poll();
    if (next != null) {
      waiting.decrementAndGet();
    }
    return next;
  }

  /**
   * A batch of the leader's own request, which it has taken, and of queued requests, as far as
   * there is room.
   */
  List<W> batch(W own, long now, Room<? super W> room) {
    if (queue.isEmpty()) {
      return List.of(own);
    }
    List<W> batch = new ArrayList<>();
    batch.add(own);
    try {
      fill(batch, now, room);
    } catch (RuntimeException | Error e) { // of the room
      batch.forEach(taken -> taken.endLost(Reason.DISCONNECTED, e));
      throw e;
    }
    if (batch.size() > 1) {
      underWay.add(batch);
    }
    return batch;
  }

  private void fill(List<W> batch, long now, Room<? super W> room) {
    while (room.isLeft()) { // N5
      W next = poll();
      if (next == null) {
        return;
      }
      if (next.take(now)) {
        batch.add(next);
        room.add(next);
      } else {
        next.endUnsent(Reason.TIMED_OUT, null); // N8: it has left the queue
      }
    }
  }

  /** Reports that all requests of a batch have ended. */
  void ended(List<W> batch) {
    if (batch.size() > 1) {
      underWay.remove(batch);
    }
  }

  /** Ends all queued requests, unsent. */
  void endQueued(Reason reason, @Nullable Throwable cause) {
    for (W next = poll(); next != null; next = poll()) {
      next.endUnsent(reason, cause);
    }
  }

  /**
   * Ends overdue requests (N8).
   *
   * @return nanoseconds until the next request is overdue; {@code Long.MAX_VALUE} if none waits
   */
  long endOverdue(long now) {
    long next = endOverdue(queue, now);
    for (List<W> batch : underWay) {
      next = Math.min(next, endOverdue(batch, now));
    }
    return next;
  }

  private static long endOverdue(Collection<? extends Waiter> waiters, long now) {
    long next = Long.MAX_VALUE;
    for (Waiter waiter : waiters) {
      next = Math.min(next, waiter.endIfOverdue(now));
    }
    return next;
  }

  /** Ends queued requests, and from now on each new one. */
  void close() {
    closed.set(true);
    endQueued(Reason.CLOSED, null);
  }

  boolean isClosed() {
    return closed.get();
  }

  boolean isEmpty() {
    return queue.isEmpty();
  }

  int waiting() {
    return waiting.get();
  }

  boolean isLed() {
    return free.get() < leads;
  }
}
