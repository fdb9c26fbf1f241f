package io.perfkit.ratelimit;

import java.time.Duration;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantLock;

/** What one key of one rule spent, in this process. Its lock guards it; time is elapsed nanos. */
abstract class LocalCounter {
  /** Not its monitor, which two threads that want it at the same time get more slowly. */
  final Lock lock = new ReentrantLock();

  /** Whether it left its map, so that a caller that finds it must look again. */
  private boolean forgotten;

  private long since;
  private boolean blocked;
  private long blockedUntil;

  /** From that time it counts. */
  final LocalCounter startingAt(long now) {
    since = now;
    return this;
  }

  /**
   * Writes limit, remaining, reset and wait as they are, for a caller that asks for {@code cost},
   * which is at most the limit.
   */
  abstract void look(long now, long cost, long[] numbers, int at);

  /** Takes what {@link #look} has just found to be there. */
  abstract void take(long now, long cost);

  /** Takes {@code cost}, or what there is. */
  void takeAtMost(long now, long cost) {
    long[] numbers = new long[CheckResult.WIDTH];
    look(now, 0, numbers, 0);
    take(now, Math.min(cost, numbers[CheckResult.REMAINING]));
  }

  /** What tells a refund, later, where to its charge belongs: the time, if nothing else does. */
  long stamp(long now) {
    return now;
  }

  /** Gives back what was taken at {@code time}, as far as it has not come back by itself. */
  void refund(long now, long cost, long time) {
    if (time - since >= 0) { // else it was taken from a count that was reset
      giveBack(now, cost, time);
    }
  }

  abstract void giveBack(long now, long cost, long time);

  /**
   * Decides for a request that asks for nothing else, and takes if it admits and {@code charge} is
   * true. Locks by itself; false if the count was forgotten.
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

  /** Forgets itself if it is as if it had never been asked. */
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
