package io.perfkit.redis;

import io.perfkit.redis.Waiter.Ended.Reason;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A request in a group commit: the thread that waits for it, its deadline and its state. The thread
 * that creates it waits for it; any thread may change its state.
 */
abstract class Waiter {

  /** State of a request. */
  sealed interface State permits Stage, Ended {}

  /** The stages of a request that has not ended. */
  enum Stage implements State {
    /** In the queue, or about to be; not sent. */
    WAITING,
    /** Its thread leads now, or will as soon as it wakes up; not sent. */
    LEADS,
    /** In a batch: perhaps executed. */
    SENT
  }

  /**
   * How a request ended.
   *
   * @param sent whether it may have been executed
   */
  record Ended(Reason reason, boolean sent, @Nullable Throwable cause) implements State {
    enum Reason {
      ANSWERED,
      TIMED_OUT,
      INTERRUPTED,
      DISCONNECTED,
      BREAKER_OPEN,
      QUEUE_FULL,
      CLOSED
    }
  }

  private static final Ended ANSWERED = new Ended(Reason.ANSWERED, true, null);

  /* Invariants
   * W1  The state changes by compareAndSet only, from WAITING to LEADS, to SENT, to Ended, never back,
   *     each step at most once: a request that ended unsent is in no batch, and a batch ends it once.
   * W2  An answer is written by the leader while SENT, and read by the caller once ANSWERED. */
  private final AtomicReference<State> state = new AtomicReference<>(Stage.WAITING);
  private final long deadline;
  private final Thread caller = Thread.currentThread();

  /**
   * @param deadline of the caller, in the nanoseconds that the other methods are given
   */
  Waiter(long deadline) {
    this.deadline = deadline;
  }

  /** Nanoseconds that the caller still has; not positive once its deadline has passed. */
  long left(long now) {
    return deadline - now;
  }

  /** How the request ended; not to be called before that. */
  Ended ended() {
    if (state.get() instanceof Ended ended) {
      return ended;
    }
    throw new IllegalStateException("a request must have ended: " + state);
  }

  /** Makes the caller the leader, unless its request was taken or has ended. */
  boolean promote() {
    boolean promoted = state.compareAndSet(Stage.WAITING, Stage.LEADS);
    if (promoted) {
      LockSupport.unpark(caller);
    }
    return promoted;
  }

  /** Takes the request into a batch, unless it has ended or has no time left. */
  boolean take(long now) {
    return left(now) > 0
        && (state.compareAndSet(Stage.WAITING, Stage.SENT)
            || state.compareAndSet(Stage.LEADS, Stage.SENT));
  }

  /** Ends a request that was not sent; does nothing if it was. */
  void endUnsent(Reason reason, @Nullable Throwable cause) {
    Ended ended = new Ended(reason, false, cause);
    if (state.compareAndSet(Stage.WAITING, ended) || state.compareAndSet(Stage.LEADS, ended)) {
      LockSupport.unpark(caller);
    }
  }

  /** Ends a sent request with its answer. */
  void endAnswered() {
    end(ANSWERED);
  }

  /** Ends a sent request whose batch failed before the answer arrived. */
  void endLost(Reason reason, Throwable cause) {
    end(new Ended(reason, true, cause));
  }

  private void end(Ended ended) {
    if (state.compareAndSet(Stage.SENT, ended) && caller != Thread.currentThread()) {
      LockSupport.unpark(caller);
    }
  }

  /**
   * Ends a request that waits, once its deadline has passed.
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
   * Blocks the caller until the request has ended or must be led. Sets no timer: another thread
   * ends an overdue request by {@link #endIfOverdue}. An interrupt ends it too; the flag stays set.
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
