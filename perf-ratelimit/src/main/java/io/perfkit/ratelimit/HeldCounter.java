package io.perfkit.ratelimit;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Iterator;

/**
 * Permits held at once: the times at which they were taken, the oldest first, since all leases are
 * equally long.
 */
final class HeldCounter extends LocalCounter {
  private final long ttlNanos;
  private final Deque<Long> held = new ArrayDeque<>();

  HeldCounter(long capacity, Duration ttl) {
    super(capacity);
    this.ttlNanos = ttl.toNanos();
  }

  @Override
  void read(long now, long cost, long[] numbers, int at) {
    while (!held.isEmpty() && now - held.getFirst() >= ttlNanos) {
      held.removeFirst();
    }
    long lack = held.size() + cost - capacity();
    numbers[at + CheckResult.LIMIT] = capacity();
    numbers[at + CheckResult.REMAINING] = Math.max(0, capacity() - held.size());
    numbers[at + CheckResult.RESET] = held.isEmpty() ? 0 : left(held.getLast(), now);
    numbers[at + CheckResult.WAIT] = lack <= 0 ? 0 : left(nth(lack), now);
  }

  private long left(long taken, long now) {
    return microsUp(taken + ttlNanos - now);
  }

  private long nth(long n) {
    Iterator<Long> oldest = held.iterator();
    long taken = oldest.next();
    for (long i = 1; i < n; i++) {
      taken = oldest.next();
    }
    return taken;
  }

  @Override
  void take(long now, long cost) {
    for (long i = 0; i < cost; i++) {
      held.addLast(now);
    }
  }

  @Override
  void takeBeyond(long now, long cost) {
    throw new IllegalStateException("held permits are not charged");
  }

  @Override
  boolean copy(LocalCounter before, long now) {
    if (!(before instanceof HeldCounter other) || ttlNanos != other.ttlNanos) {
      return false;
    }
    held.addAll(other.held);
    return true;
  }

  @Override
  void giveBack(long now, long cost, long of, long time) {
    for (long i = 0; i < cost; i++) {
      held.removeFirstOccurrence(time);
    }
  }

  @Override
  long spent() {
    return held.size();
  }

  @Override
  boolean holds(long now, long time) {
    return now - time < ttlNanos && held.contains(time);
  }

  @Override
  void renew(long now, long cost, long time) {
    giveBack(now, cost, cost, time);
    take(now, cost);
  }
}
