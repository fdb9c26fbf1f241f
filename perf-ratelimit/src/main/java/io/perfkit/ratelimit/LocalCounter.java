package io.perfkit.ratelimit;

import java.time.Duration;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The permits that one key of one rule spent, in this process. Guarded by its lock; time is elapsed
 * nanos.
 */
abstract class LocalCounter {
  /** A lock, since two threads that compete get a monitor more slowly. */
  final Lock lock = new ReentrantLock();

  /** Whether it left its map, so that a caller that finds it must look again. */
  private boolean forgotten;

  private long since;
  private boolean blocked;
  private long blockedUntil;

  /** Sets the time from which it counts. */
  final LocalCounter startingAt(long now) {
    since = now;
    return this;
  }

  /**
   * Writes limit, remaining, reset and wait for a request of {@code cost}, which is at most the
   * limit.
   */
  abstract void look(long now, long cost, long[] numbers, int at);

  /** Takes permits that {@link #look} has just found available. */
  abstract void take(long now, long cost);

  /** Takes {@code cost}, or the permits that are left. */
  void takeAtMost(long now, long cost) {
    long[] numbers = new long[CheckResult.WIDTH];
    look(now, 0, numbers, 0);
    take(now, Math.min(cost, numbers[CheckResult.REMAINING]));
  }

  /** The stamp by which a later refund finds its charge: the time, unless a counter has another. */
  long stamp(long now) {
    return now;
  }

  /** Gives back permits taken at {@code time}, as far as they have not returned by themselves. */
  void refund(long now, long cost, long time) {
    if (time - since >= 0) { // otherwise it was taken before a reset
      giveBack(now, cost, time);
    }
  }

  abstract void giveBack(long now, long cost, long time);

  /**
   * Decides a request of this rule alone, and takes its cost if it is admitted and {@code charge}
   * is true. Takes the lock itself; returns false if the counter was forgotten.
   */
  boolean decideAlone(long now, long cost, boolean charge, long[] numbers) {
    lock.lock();
    try {
      if (forgotten) {
        return false;
      }
      look(now, cost, numbers, 0);
      settle(now, numbers, 0);
      if (charge && numbers[CheckResult.CODE] == CheckResult.ADMITS) {
        take(now, cost);
        look(now, 0, numbers, 0);
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Turns the wait that {@link #look} found into a code, and adds a block. */
  final void settle(long now, long[] numbers, int at) {
    numbers[at + CheckResult.TIME] = stamp(now);
    numbers[at + CheckResult.CODE] =
        numbers[at + CheckResult.WAIT] == 0 ? CheckResult.ADMITS : CheckResult.SPENT;
    if (isBlocked(now)) {
      numbers[at + CheckResult.CODE] = CheckResult.BLOCKED;
      numbers[at + CheckResult.WAIT] =
          Math.max(numbers[at + CheckResult.WAIT], microsUp(blockedUntil - now));
    }
  }

  /** Forgets itself if its state equals that of a new counter. */
  final boolean forgetIfWhole(long now) {
    long[] numbers = new long[CheckResult.WIDTH];
    lock.lock();
    try {
      look(now, 1, numbers, 0);
      forgotten |= numbers[CheckResult.RESET] == 0 && !isBlocked(now);
      return forgotten;
    } finally {
      lock.unlock();
    }
  }

  final void forget() {
    lock.lock();
    try {
      forgotten = true;
    } finally {
      lock.unlock();
    }
  }

  final void block(long now, Duration duration) {
    blocked = true;
    blockedUntil = now + Limit.nanos(duration);
  }

  final boolean isBlocked(long now) {
    if (blocked && blockedUntil - now <= 0) {
      blocked = false;
    }
    return blocked;
  }

  final boolean forgotten() {
    return forgotten;
  }

  static long microsUp(long nanos) {
    return Math.floorDiv(nanos + 999, 1_000L);
  }
}
