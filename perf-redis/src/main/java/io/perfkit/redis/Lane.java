package io.perfkit.redis;

import io.perfkit.redis.LaneCall.Ended.Reason;
import io.perfkit.redis.LaneConnection.Result;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.util.Pool;

/**
 * A connection on which the commands of many threads travel together. A thread that finds it idle
 * leads: it sends its commands at once. What arrives meanwhile piles up, and the first of the pile
 * leads next and sends the pile as one pipeline, so that load alone makes the batch. Connecting is
 * done by a thread of ours, which leads meanwhile. Thread safe.
 */
final class Lane {
  static final int BATCH_COMMANDS_MAX = 256;

  /**
   * Bytes from which on nothing is added to a batch, and from which on a call is not for lanes: so
   * a batch has less than twice as many, which the buffers of a socket take at once.
   */
  static final int BATCH_BYTES = 16 * 1024;

  /* Invariants
   * N1  one thread leads at a time, from setting `led` to handing over: to a call of the pile, to the
   *     thread that connects, or to nobody by clearing `led`. `connection` is replaced by the leader only.
   * N2  no call is forgotten: a call is in the pile before its thread looks at `led` and `closed`,
   *     and a thread that clears `led`, or closes, looks at the pile after it. One of the two sees
   *     the other.
   * N3  a leader sends one batch, which begins with its own call, and then hands over: first, so that
   *     the next batch is under way while it ends the calls of its own.
   * N4  each call of a batch is ended by its leader, whatever happens: those whose replies came with
   *     them, in the order of sending; a failure ends the others of this batch and no call of the pile.
   * N5  a batch is less than 2 * BATCH_BYTES, so that to send it does not block (LaneConnection K3).
   * N6  no caller connects, nor gives a connection back: either may block for longer than its budget.
   * N7  only a call that waits for Redis finds it silent: that of a leader that reads, or one that
   *     waits for a thread of ours to connect. A call that waits for its turn may wait for a leader
   *     that lacks a processor.
   * N8  a thread that waits has no timer, which can cost a virtual one as much as the rest of its
   *     call: the keeper, which comes in time for the next deadline, finds its call in the pile or
   *     under way. A call leaves the one and comes to the other in a step of its leader that does
   *     not block. */
  private final AtomicBoolean led = new AtomicBoolean();
  private final Queue<LaneCall> pile = new ConcurrentLinkedQueue<>();
  private final Queue<List<LaneCall>> underWay = new ConcurrentLinkedQueue<>();
  private final AtomicInteger waiting = new AtomicInteger();
  private final Supplier<Pool<Connection>> pool;
  private final LaneShared shared;
  private volatile @Nullable LaneConnection connection;
  private volatile boolean connecting;
  private volatile boolean closed;

  Lane(Supplier<Pool<Connection>> pool, LaneShared shared) {
    this.pool = pool;
    this.shared = shared;
  }

  /**
   * Runs the call if nobody leads, and blocks until it has ended.
   *
   * @return false if the lane is busy; then nothing was done
   */
  boolean runIfIdle(LaneCall call) {
    if (!led.compareAndSet(false, true)) {
      return false;
    }
    if (isReady()) {
      lead(call);
    } else {
      add(call);
      handOver();
      follow(call);
    }
    return true;
  }

  /** Runs the call when its turn has come, and blocks until it has ended. */
  void run(LaneCall call) {
    add(call);
    if (led.compareAndSet(false, true)) { // N2: the leader had gone
      handOver();
    }
    follow(call);
  }

  int waiting() {
    return waiting.get();
  }

  boolean isLed() {
    return led.get();
  }

  private void add(LaneCall call) {
    if (waiting.incrementAndGet() > shared.maxWaiting()) {
      waiting.decrementAndGet();
      call.endUnsent(Reason.CROWDED, null);
      return;
    }
    pile.add(call);
    if (closed) { // N2
      endPile(Reason.CLOSED, null);
    }
  }

  private void follow(LaneCall call) {
    if (!call.await()) {
      lead(call);
    } else if (connecting && call.ended().reason() == Reason.TIMED_OUT) {
      shared.breaker().silent(shared.budgetNanos(), new TimeoutException("connecting"));
    }
  }

  private boolean isReady() {
    LaneConnection current = connection;
    return current != null && current.isUsable() && !closed && shared.breaker().up();
  }

  private void lead(LaneCall own) {
    long now = shared.nanos().getAsLong();
    LaneConnection current = connection;
    if (current == null || !isReady() || !own.take(now)) {
      own.endUnsent(unsentReason(own, now), null);
      handOver();
      return;
    }
    List<LaneCall> batch = batchOf(own, now);
    underWay.add(batch);
    Result result = current.roundTrip(batch, now, own.left(now));
    try {
      account(batch, result, current, shared.nanos().getAsLong() - now);
      if (!current.isUsable()) {
        disconnect();
      }
    } finally {
      handOver(); // N3
      end(batch, result);
      underWay.remove(batch); // N8: not before, since handing over may wait for a lock
    }
    if (result.failure() instanceof Error error) {
      throw error;
    }
  }

  private Reason unsentReason(LaneCall own, long now) {
    if (closed) {
      return Reason.CLOSED;
    }
    if (own.left(now) <= 0) {
      return Reason.TIMED_OUT;
    }
    return shared.breaker().up() ? Reason.DISCONNECTED : Reason.TAKEN_FOR_DOWN;
  }

  private List<LaneCall> batchOf(LaneCall own, long now) {
    List<LaneCall> batch = new ArrayList<>();
    batch.add(own);
    int commands = own.size();
    int bytes = own.bytes();
    while (commands < BATCH_COMMANDS_MAX && bytes < BATCH_BYTES) {
      LaneCall next = poll();
      if (next == null) {
        break;
      }
      if (next.take(now)) {
        batch.add(next);
        commands += next.size();
        bytes += next.bytes();
      } else {
        next.endUnsent(Reason.TIMED_OUT, null); // N8: it has left the pile
      }
    }
    return batch;
  }

  private @Nullable LaneCall poll() {
    LaneCall next = pile.poll();
    if (next != null) {
      waiting.decrementAndGet();
    }
    return next;
  }

  private void account(List<LaneCall> batch, Result result, LaneConnection used, long elapsed) {
    shared.counters().batch(batch);
    Throwable failure = result.failure();
    if (failure == null) {
      int replies = 0;
      int outages = 0;
      for (LaneCall call : batch) {
        for (int i = 0; i < call.size(); i++) {
          replies++;
          if (call.reply(i) instanceof JedisDataException e && !Breaker.isAnswer(e)) {
            outages++;
            if (Breaker.isOfReplica(e)) {
              used.discard();
            }
          }
        }
      }
      shared.breaker().answered(elapsed, replies, outages);
    } else if (result.silent() && !closed) {
      shared.breaker().silent(elapsed, failure);
    } else if (!closed && !Thread.currentThread().isInterrupted()) {
      shared.breaker().failed(elapsed, failure);
    }
  }

  private void end(List<LaneCall> batch, Result result) {
    for (int i = 0; i < result.answered(); i++) {
      batch.get(i).endAnswered();
    }
    Throwable failure = result.failure();
    if (failure != null) {
      Reason reason =
          closed
              ? Reason.CLOSED
              : result.silent() || result.cut() ? Reason.TIMED_OUT : Reason.DISCONNECTED;
      for (int i = result.answered(); i < batch.size(); i++) {
        batch.get(i).endLost(reason, failure);
      }
    }
  }

  /** Ends the leadership of the current thread (N1). */
  private void handOver() {
    do {
      if (closed) {
        disconnect();
        endPile(Reason.CLOSED, null);
      } else if (!shared.breaker().up()) {
        endPile(Reason.TAKEN_FOR_DOWN, null);
      } else if (isReady()) {
        for (LaneCall next = poll(); next != null; next = poll()) {
          if (next.promote()) {
            return;
          }
        }
      } else if (!pile.isEmpty() && connectInBackground()) {
        return;
      }
      led.set(false);
    } while (!pile.isEmpty() && led.compareAndSet(false, true)); // N2
  }

  private boolean connectInBackground() {
    disconnect();
    connecting = true;
    try {
      shared.background().execute(new FutureTask<>(this::connect, null)); // close interrupts it
      return true;
    } catch (RejectedExecutionException e) {
      connecting = false;
      endPile(closed ? Reason.CLOSED : Reason.CROWDED, e);
      return false;
    }
  }

  private void connect() {
    try {
      connection = closed ? null : LaneConnection.open(pool.get(), shared.budgetMillis());
    } catch (Throwable e) { // N1: whatever it is, the lane is not left led by nobody
      shared.breaker().failed(0, e);
      endPile(Reason.DISCONNECTED, e);
    }
    connecting = false;
    handOver();
  }

  private void disconnect() {
    LaneConnection current = connection;
    if (current != null) {
      connection = null;
      shared.giveBack(current);
    }
  }

  private void endPile(Reason reason, @Nullable Throwable cause) {
    for (LaneCall call = poll(); call != null; call = poll()) {
      call.endUnsent(reason, cause);
    }
  }

  /**
   * Ends what is overdue, and lets go of a connection that the client has left.
   *
   * @return nanoseconds until the next call is overdue; {@code Long.MAX_VALUE} if none waits
   */
  long tend(long now) {
    LaneConnection current = connection;
    if (current != null) {
      current.cutIfOverdue(now);
      if (!current.isUsable() && led.compareAndSet(false, true)) {
        disconnect();
        handOver();
      }
    }
    long next = endOverdue(pile, now); // N8
    for (List<LaneCall> batch : underWay) {
      next = Math.min(next, endOverdue(batch, now));
    }
    return next;
  }

  private static long endOverdue(Collection<LaneCall> calls, long now) {
    long next = Long.MAX_VALUE;
    for (LaneCall call : calls) {
      next = Math.min(next, call.endIfOverdue(now));
    }
    return next;
  }

  /** Ends what waits and what is under way; the leader, if there is one, returns the connection. */
  void close() {
    closed = true;
    endPile(Reason.CLOSED, null);
    LaneConnection current = connection;
    if (current != null) {
      current.cut();
    }
    if (led.compareAndSet(false, true)) {
      handOver();
    }
  }
}
