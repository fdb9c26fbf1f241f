package io.perfkit.redis;

import io.perfkit.redis.GroupCommit.Successor;
import io.perfkit.redis.LaneConnection.Result;
import io.perfkit.redis.Waiter.Ended.Reason;
import java.util.List;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.util.Pool;

/**
 * A connection that many threads share: a {@link GroupCommit} with one lead forms batches of their
 * commands, and each batch is one pipeline. A thread of the guard connects, and leads meanwhile.
 * Thread safe.
 */
final class Lane {
  static final int BATCH_COMMANDS_MAX = 256;

  /**
   * A batch of this many bytes takes no further call, and a call of more bytes uses no lane. So a
   * batch has less than twice as many, which the buffers of a socket take at once.
   */
  static final int BATCH_BYTES = 16 * 1024;

  /* Invariants (N1 to N5 and N8 are those of GroupCommit)
   * N1  `connection` is replaced by the leader only.
   * N4  Calls with replies end answered, in the order of sending; a failure ends the others.
   * N5  A batch is less than 2 * BATCH_BYTES, so that sending it does not block (LaneConnection K3).
   * N6  No caller opens or returns a connection: either may block for longer than its budget.
   * N7  Only a thread that waits for Redis may report a timeout to the breaker: a leader that reads,
   *     or a call that waits for a connect. A queued call must not: its leader may lack a processor.
   *     It reports for how long Redis was silent, which is less than a budget if it waited before. */
  private final GroupCommit<LaneCall> calls;
  private final Supplier<Pool<Connection>> pool;
  private final LaneShared shared;
  private volatile @Nullable LaneConnection connection;
  private long connectingSince; // written before `connecting`
  private volatile boolean connecting;

  Lane(Supplier<Pool<Connection>> pool, LaneShared shared) {
    this.pool = pool;
    this.shared = shared;
    this.calls = new GroupCommit<>(1, shared.maxWaiting(), this::successor);
  }

  /**
   * Runs the call if the lane has no leader, and blocks until the call has ended.
   *
   * @return false if the lane is busy; then nothing was done
   */
  boolean runIfIdle(LaneCall call) {
    if (!calls.tryLead()) {
      return false;
    }
    if (isReady()) {
      lead(call);
    } else {
      calls.submit(call);
      calls.handOver();
      follow(call);
    }
    return true;
  }

  /** Runs the call when its turn has come, and blocks until it has ended. */
  void run(LaneCall call) {
    calls.submit(call);
    follow(call);
  }

  int waiting() {
    return calls.waiting();
  }

  boolean isLed() {
    return calls.isLed();
  }

  private void follow(LaneCall call) {
    if (!call.await()) {
      lead(call);
    } else if (connecting && call.ended().reason() == Reason.TIMED_OUT) {
      long connected = shared.nanos().getAsLong() - connectingSince;
      if (shared.breaker().isWhole(connected)) { // otherwise each waiter would report one connect
        shared.breaker().silent(connected, new TimeoutException("connecting"));
      }
    }
  }

  private boolean isReady() {
    LaneConnection current = connection;
    return current != null && current.isUsable() && !calls.isClosed() && shared.breaker().up();
  }

  private void lead(LaneCall own) {
    List<LaneCall> batch = List.of();
    Result result = null;
    try {
      long now = shared.nanos().getAsLong();
      LaneConnection current = connection;
      boolean interrupted = Thread.currentThread().isInterrupted();
      if (current == null || !isReady() || interrupted || !own.take(now)) {
        own.endUnsent(unsentReason(own, now, interrupted), null);
        return;
      }
      batch = calls.batch(own, now, new PipelineRoom(own));
      result = current.roundTrip(batch, now, own.left(now));
      account(batch, result, current, shared.nanos().getAsLong() - now);
      if (!current.isUsable()) {
        disconnect();
      }
      if (result.failure() instanceof Error error) {
        throw error;
      }
    } finally {
      calls.handOver(); // N3
      end(batch, result);
      calls.ended(batch); // not before, since handing over may wait for a lock
    }
  }

  /**
   * @param interrupted whether the thread of {@code own} is: a virtual one can't read replies then,
   *     and all calls of its batch would fail with it
   */
  private Reason unsentReason(LaneCall own, long now, boolean interrupted) {
    if (calls.isClosed()) {
      return Reason.CLOSED;
    }
    if (own.left(now) <= 0) {
      return Reason.TIMED_OUT;
    }
    if (!shared.breaker().up()) {
      return Reason.BREAKER_OPEN;
    }
    return interrupted ? Reason.INTERRUPTED : Reason.DISCONNECTED;
  }

  /** What still fits into a pipeline (N5). */
  private static final class PipelineRoom implements GroupCommit.Room<LaneCall> {
    private int commands;
    private int bytes;

    PipelineRoom(LaneCall first) {
      add(first);
    }

    @Override
    public boolean isLeft() {
      return commands < BATCH_COMMANDS_MAX && bytes < BATCH_BYTES;
    }

    @Override
    public void add(LaneCall call) {
      commands += call.size();
      bytes += call.bytes();
    }
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
    } else if ((result.silent() || result.cut()) && !calls.isClosed()) {
      shared.breaker().silent(elapsed, failure);
    } else if (!calls.isClosed() && !Thread.currentThread().isInterrupted()) {
      shared.breaker().failed(elapsed, failure);
    }
  }

  /**
   * @param result null if an Error kept the leader from a round trip
   */
  private void end(List<LaneCall> batch, @Nullable Result result) {
    if (batch.isEmpty()) {
      return;
    }
    int answered = result == null ? 0 : result.answered();
    for (int i = 0; i < answered; i++) {
      batch.get(i).endAnswered();
    }
    Throwable failure =
        result == null
            ? new IllegalStateException("the leader of the batch met an Error")
            : result.failure();
    if (failure != null) {
      boolean late = result != null && (result.silent() || result.cut());
      Reason reason =
          calls.isClosed() ? Reason.CLOSED : late ? Reason.TIMED_OUT : Reason.DISCONNECTED;
      for (int i = answered; i < batch.size(); i++) {
        batch.get(i).endLost(reason, failure);
      }
    }
  }

  private Successor successor() {
    if (calls.isClosed()) {
      disconnect();
      calls.endQueued(Reason.CLOSED, null);
      return Successor.NOBODY;
    }
    if (!shared.breaker().up()) {
      calls.endQueued(Reason.BREAKER_OPEN, null);
      return Successor.NOBODY;
    }
    if (isReady()) {
      return Successor.FIRST_WAITER;
    }
    return !calls.isEmpty() && connectInBackground() ? Successor.OTHER_THREAD : Successor.NOBODY;
  }

  private boolean connectInBackground() {
    disconnect();
    connectingSince = shared.nanos().getAsLong();
    connecting = true;
    try {
      shared.background().execute(new FutureTask<>(this::connect, null)); // close interrupts it
      return true;
    } catch (RejectedExecutionException e) {
      connecting = false;
      calls.endQueued(calls.isClosed() ? Reason.CLOSED : Reason.QUEUE_FULL, e);
      return false;
    }
  }

  private void connect() {
    try {
      connection = calls.isClosed() ? null : LaneConnection.open(pool.get(), shared.budgetMillis());
    } catch (Throwable e) { // N1: whatever it is, the lead is handed over
      shared.breaker().failed(0, e);
      calls.endQueued(Reason.DISCONNECTED, e);
    }
    connecting = false;
    calls.handOver();
  }

  private void disconnect() {
    LaneConnection current = connection;
    if (current != null) {
      connection = null;
      shared.giveBack(current);
    }
  }

  /**
   * Ends overdue calls, and returns a connection that is no longer usable.
   *
   * @return nanoseconds until the next call is overdue; {@code Long.MAX_VALUE} if none waits
   */
  long tend(long now) {
    long next = Long.MAX_VALUE;
    LaneConnection current = connection;
    if (current != null) {
      next = current.cutIfOverdue(now);
      if (!current.isUsable() && calls.tryLead()) {
        disconnect();
        calls.handOver();
      }
    }
    return Math.min(next, calls.endOverdue(now));
  }

  /**
   * Ends waiting calls and the batch under way; a leader, if there is one, returns the connection.
   */
  void close() {
    calls.close();
    LaneConnection current = connection;
    if (current != null) {
      current.cut();
    }
    if (calls.tryLead()) {
      calls.handOver();
    }
  }
}
