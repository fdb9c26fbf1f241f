package io.perfkit.jobs;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Where idle workers of a queue wait. One of them waits with a time limit, as the poller; the
 * others wait for a signal. Each signal wakes one. Thread safe.
 */
final class WorkSignal {
  /* Invariants
   * W1  A signal is never missed: it leaves a token before it looks for waiters, and a waiter
   *     registers before it looks for tokens.
   * W2  While workers wait, one of them is the poller: a poller that stops wakes another.
   * W3  At most `cap` tokens are kept: so many workers look again, whatever is signalled.
   */
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition work = lock.newCondition();
  private final AtomicInteger tokens = new AtomicInteger();
  private final int cap;
  private final AtomicInteger waiters = new AtomicInteger();
  private volatile boolean closed;
  private boolean polled;

  /**
   * @param cap number of workers
   */
  WorkSignal(int cap) {
    this.cap = cap;
  }

  /** There may be work for one. */
  void signal() {
    int kept = tokens.get();
    while (kept < cap && !tokens.compareAndSet(kept, kept + 1)) {
      kept = tokens.get();
    }
    if (kept < cap && waiters.get() > 0) {
      lock.lock();
      try {
        work.signal();
      } finally {
        lock.unlock();
      }
    }
  }

  /** All stop waiting, now and later. */
  void close() {
    lock.lock();
    try {
      closed = true;
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Waits for a signal; the poller at most {@code pollNanos}. An interrupt ends the wait and is
   * swallowed: it was meant for a job that is over.
   */
  void await(long pollNanos) {
    lock.lock();
    try {
      waiters.getAndIncrement();
      long left = pollNanos;
      while (left > 0 && !closed && !takeToken()) {
        if (polled) {
          work.await();
        } else {
          polled = true;
          try {
            left = work.awaitNanos(left);
          } finally {
            polled = false;
            work.signal();
          }
        }
      }
    } catch (InterruptedException late) {
      // see above
    } finally {
      waiters.getAndDecrement();
      lock.unlock();
    }
  }

  private boolean takeToken() {
    int kept = tokens.get();
    while (kept > 0) {
      if (tokens.compareAndSet(kept, kept - 1)) {
        return true;
      }
      kept = tokens.get();
    }
    return false;
  }
}
