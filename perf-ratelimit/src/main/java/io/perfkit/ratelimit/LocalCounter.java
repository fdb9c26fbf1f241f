package io.perfkit.ratelimit;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The permits that one key of one rule spent, in this process. Guarded by its lock; time is elapsed
 * nanos.
 */
abstract class LocalCounter extends ShortLock implements CheckRequest.Found {
  private final long capacity;

  /** Whose limit it counts by; without any order, since another rule has an equal limit. */
  private @Nullable Rule rule;

  /** Whether it left its map, so that a caller that finds it must look again. */
  private boolean forgotten;

  private long admitted;

  private long since;
  private boolean blocked;
  private long blockedUntil;

  /* What was spent under another limit, and counts until all of it is back by that limit. */
  private long carried;
  private long carriedUntil;

  /**
   * @param capacity the most permits that it admits at once
   */
  LocalCounter(long capacity) {
    this.capacity = capacity;
  }

  /** Sets the rule whose limit it counts by, and the time from which it counts. */
  final LocalCounter starting(Rule by, long now) {
    rule = by;
    since = now;
    return this;
  }

  /** Whether it counts by the limit of this very rule. */
  final boolean isOf(Rule other) {
    return rule == other;
  }

  /** Counts an admission; under the lock. */
  final void admit() {
    admitted++;
  }

  /** The admissions since the last call. Takes the lock itself. */
  final long takeAdmitted() {
    lock();
    try {
      long taken = admitted;
      admitted = 0;
      return taken;
    } finally {
      unlock();
    }
  }

  /** Makes it one of another rule; false if that has another limit. */
  final boolean become(Rule other) {
    boolean same = rule != null && rule.policy().limit().equals(other.policy().limit());
    rule = same ? other : rule;
    return same;
  }

  final long capacity() {
    return capacity;
  }

  /**
   * Writes limit, remaining, reset and wait for a request of {@code cost}, which is at most the
   * limit, without what is carried.
   */
  abstract void read(long now, long cost, long[] numbers, int at);

  /** As {@link #read}, with what is carried. */
  final void look(long now, long cost, long[] numbers, int at) {
    read(now, Math.min(cost, capacity), numbers, at);
    if (carries(now)) {
      long left = Math.max(0, numbers[at + CheckResult.REMAINING] - carried);
      long until = microsUp(carriedUntil - now);
      numbers[at + CheckResult.REMAINING] = left;
      numbers[at + CheckResult.RESET] = Math.max(numbers[at + CheckResult.RESET], until);
      if (cost > left) {
        numbers[at + CheckResult.WAIT] = Math.max(numbers[at + CheckResult.WAIT], until);
      }
    }
  }

  /** Whether permits that were spent under another limit still count. */
  final boolean carries(long now) {
    if (carried > 0 && carriedUntil - now <= 0) {
      carried = 0;
    }
    return carried > 0;
  }

  /** Takes permits that {@link #look} has just found available. */
  abstract void take(long now, long cost);

  /** Takes {@code cost}, or the permits that are left. */
  void takeAtMost(long now, long cost) {
    long[] numbers = new long[CheckResult.WIDTH];
    look(now, 0, numbers, 0);
    take(now, Math.min(cost, numbers[CheckResult.REMAINING]));
  }

  /** Takes {@code cost}, also permits that are not there. */
  final void charge(long now, long cost) {
    look(now, 0, new long[CheckResult.WIDTH], 0);
    takeBeyond(now, cost);
  }

  /** Takes permits although too few may be there; {@link #look} was called just before. */
  abstract void takeBeyond(long now, long cost);

  /** The stamp by which a later refund finds its charge: the time, unless a counter has another. */
  long stamp(long now) {
    return now;
  }

  /**
   * Gives back permits taken at {@code time}, as far as they have not returned by themselves.
   *
   * @param of permits of the charge that were not given back before, {@code cost} included
   */
  void refund(long now, long cost, long of, long time) {
    if (time - since >= 0) { // otherwise it was taken before a reset
      giveBack(now, cost, of, time);
    }
  }

  abstract void giveBack(long now, long cost, long of, long time);

  /** Permits that are spent or held, rounded up; {@link #read} was called just before. */
  abstract long spent();

  /** Whether permits that were taken at {@code time} are still held, or were never held at all. */
  boolean holds(long now, long time) {
    return true;
  }

  /** Holds permits anew that {@link #holds} has just found. */
  void renew(long now, long cost, long time) {}

  /**
   * Begins with what was spent of the same key under another limit. State of the same shape is
   * copied; otherwise what is spent is carried until all of it is back by the other limit.
   */
  final void begin(LocalCounter before, long now) {
    since = before.since;
    blocked = before.blocked;
    blockedUntil = before.blockedUntil;
    if (before.carries(now)) {
      carried = before.carried;
      carriedUntil = before.carriedUntil;
    }
    if (!copy(before, now)) {
      long[] numbers = new long[CheckResult.WIDTH];
      before.read(now, 0, numbers, 0);
      long until = now + 1_000 * numbers[CheckResult.RESET];
      carriedUntil = carried > 0 && carriedUntil - until > 0 ? carriedUntil : until;
      carried += before.spent();
      since = now;
    }
  }

  /** Copies state of the same shape; false if that of {@code before} has another one. */
  abstract boolean copy(LocalCounter before, long now);

  /**
   * Decides a request of this rule alone, and takes its cost if it is admitted and {@code charge}
   * is true. Takes the lock itself; returns null if the counter was forgotten.
   */
  @Nullable CheckResult decideAlone(long now, CheckRequest check, boolean charge) {
    lock();
    try {
      return decideLocked(now, check, charge);
    } finally {
      unlock();
    }
  }

  /** As {@link #decideAlone}, under the lock. */
  final @Nullable CheckResult decideLocked(long now, CheckRequest check, boolean charge) {
    if (forgotten) {
      return null;
    }
    long cost = check.cost(0);
    long[] numbers = new long[CheckResult.WIDTH];
    look(now, cost, numbers, 0);
    settle(now, numbers, 0);
    if (charge && numbers[CheckResult.CODE] == CheckResult.ADMITS) {
      take(now, cost);
      admit();
      look(now, 0, numbers, 0);
    }
    return CheckResult.of(check, numbers);
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
    lock();
    try {
      look(now, 1, numbers, 0);
      forgotten |= numbers[CheckResult.RESET] == 0 && !isBlocked(now);
      return forgotten;
    } finally {
      unlock();
    }
  }

  /** To be called under the lock. */
  final void forget() {
    forgotten = true;
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
