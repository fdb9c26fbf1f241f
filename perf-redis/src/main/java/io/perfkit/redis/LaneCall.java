package io.perfkit.redis;

import io.perfkit.redis.LaneCall.Ended.Reason;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.CommandArguments;
import redis.clients.jedis.CommandObject;

/**
 * What one thread submits to a lane: commands that travel together, the deadline of their caller,
 * and what became of them. The thread that creates it is the one that waits for it; any thread may
 * move it on.
 */
final class LaneCall {

  /** Where a call stands. */
  sealed interface State permits Stage, Ended {}

  /** The stages of a call that has not ended. */
  enum Stage implements State {
    /** In the pile, or about to be; not sent. */
    WAITING,
    /** Its thread leads the lane now, or will as soon as it wakes up; not sent. */
    LEADS,
    /** In a batch: perhaps executed. */
    SENT
  }

  /**
   * How a call ended.
   *
   * @param sent whether it may have been executed
   */
  record Ended(Reason reason, boolean sent, @Nullable Throwable cause) implements State {
    enum Reason {
      ANSWERED,
      TIMED_OUT,
      INTERRUPTED,
      DISCONNECTED,
      TAKEN_FOR_DOWN,
      CROWDED,
      CLOSED
    }
  }

  private static final Ended ANSWERED = new Ended(Reason.ANSWERED, true, null);

  /* Invariants
   * W1  the state changes by compareAndSet only, from WAITING to LEADS, to SENT, to Ended, never back,
   *     each step at most once: a call that ended unsent is in no batch, and a batch ends a call once.
   * W2  `replies` is written by the leader while SENT, and read by the caller once ANSWERED. */
  private final AtomicReference<State> state = new AtomicReference<>(Stage.WAITING);
  private final @Nullable Object[] replies;
  private final List<? extends CommandObject<?>> commands;
  private final int bytes;
  private final long deadline;
  private final Thread caller = Thread.currentThread();

  LaneCall(List<? extends CommandObject<?>> commands, int bytes, long deadline) {
    this.commands = commands;
    this.bytes = bytes;
    this.deadline = deadline;
    this.replies = new @Nullable Object[commands.size()];
  }

  int size() {
    return replies.length;
  }

  /** What the commands take on the wire, about. */
  int bytes() {
    return bytes;
  }

  CommandArguments arguments(int index) {
    return commands.get(index).getArguments();
  }

  /** A reply as Jedis reads it, an error reply as the exception. */
  @Nullable Object reply(int index) {
    return replies[index];
  }

  void reply(int index, @Nullable Object reply) {
    replies[index] = reply;
  }

  /** Nanoseconds that the caller still has; not positive once its deadline has passed. */
  long left(long now) {
    return deadline - now;
  }

  /** How the call ended; only after {@link #await} or {@link #end} said so. */
  Ended ended() {
    if (state.get() instanceof Ended ended) {
      return ended;
    }
    throw new IllegalStateException("a call must have ended: " + state);
  }

  /** Makes the caller the leader, unless it has gone. */
  boolean promote() {
    boolean promoted = state.compareAndSet(Stage.WAITING, Stage.LEADS);
    if (promoted) {
      LockSupport.unpark(caller);
    }
    return promoted;
  }

  /** Takes the call into a batch, unless it has ended or has no time left. */
  boolean take(long now) {
    return left(now) > 0
        && (state.compareAndSet(Stage.WAITING, Stage.SENT)
            || state.compareAndSet(Stage.LEADS, Stage.SENT));
  }

  /** Ends a call that was not sent; does nothing if it was. */
  void endUnsent(Reason reason, @Nullable Throwable cause) {
    Ended ended = new Ended(reason, false, cause);
    if (state.compareAndSet(Stage.WAITING, ended) || state.compareAndSet(Stage.LEADS, ended)) {
      LockSupport.unpark(caller);
    }
  }

  /** All replies are there. */
  void endAnswered() {
    end(ANSWERED);
  }

  /** The connection failed before all replies were there. */
  void endLost(Reason reason, Throwable cause) {
    end(new Ended(reason, true, cause));
  }

  private void end(Ended ended) {
    if (state.compareAndSet(Stage.SENT, ended) && caller != Thread.currentThread()) {
      LockSupport.unpark(caller);
    }
  }

  /**
   * Ends a call that waits for others, once its deadline has passed.
   *
   * @return nanoseconds until then; {@code Long.MAX_VALUE} if there is nothing to wait for
   */
  long endIfOverdue(long now) {
    State current = state.get();
    if (current instanceof Ended || current == Stage.LEADS) {
      return Long.MAX_VALUE;
    }
    if (left(now) > 0) {
      return left(now);
    }
    Ended ended = new Ended(Reason.TIMED_OUT, current == Stage.SENT, null);
    if (!state.compareAndSet(current, ended)) {
      return endIfOverdue(now);
    }
    LockSupport.unpark(caller);
    return Long.MAX_VALUE;
  }

  /**
   * Blocks the caller until the call has ended, which {@link #endIfOverdue} and an interrupt see
   * to; the interrupt flag stays set.
   *
   * @return false if it has not ended but must be led now
   */
  boolean await() {
    while (true) {
      State now = state.get();
      if (now instanceof Ended) {
        return true;
      }
      if (now == Stage.LEADS) {
        return false;
      }
      if (Thread.currentThread().isInterrupted()) {
        state.compareAndSet(now, new Ended(Reason.INTERRUPTED, now == Stage.SENT, null));
      } else {
        LockSupport.park(this);
      }
    }
  }
}
