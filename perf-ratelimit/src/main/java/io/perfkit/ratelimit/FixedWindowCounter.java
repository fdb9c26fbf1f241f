package io.perfkit.ratelimit;

import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A fixed window counter: permits in the current window of a clock or a calendar, by wall time,
 * which may be set back. A charge is known by the number of its window, so wall time is never
 * compared with elapsed time.
 */
final class FixedWindowCounter extends LocalCounter {
  private final Limit limit;
  private final InstantSource wall;

  /** Numbers the windows of all counters, so that each number is unique. */
  private static final AtomicLong WINDOWS = new AtomicLong();

  private long number;
  private long end = Long.MIN_VALUE;
  private long used;

  FixedWindowCounter(long capacity, Limit limit, InstantSource wall) {
    super(capacity);
    this.limit = limit;
    this.wall = wall;
  }

  @Override
  void read(long now, long cost, long[] numbers, int at) {
    Instant instant = wall.instant();
    long micros = ChronoUnit.MICROS.between(Instant.EPOCH, instant);
    if (micros >= end) {
      used = 0;
      number = WINDOWS.incrementAndGet();
      end = endOfWindow(micros, instant);
    } else if (end - micros > 2 * Limit.micros(limit.period())) { // the clock was set back
      end = endOfWindow(micros, instant);
    }
    numbers[at + CheckResult.LIMIT] = capacity();
    numbers[at + CheckResult.REMAINING] = Math.max(0, capacity() - used);
    numbers[at + CheckResult.RESET] = used == 0 ? 0 : end - micros;
    numbers[at + CheckResult.WAIT] = cost > capacity() - used ? end - micros : 0;
  }

  private long endOfWindow(long micros, Instant instant) {
    if (limit instanceof Limit.CalendarQuota quota) {
      return CalendarIntervals.around(quota, instant)[2];
    }
    long window = Limit.micros(limit.period());
    return (Math.floorDiv(micros, window) + 1) * window;
  }

  @Override
  void take(long now, long cost) {
    used += cost;
  }

  @Override
  long stamp(long now) {
    return number;
  }

  @Override
  void takeBeyond(long now, long cost) {
    used = Math.max(used, Math.min(capacity(), used + cost)); // then nothing is admitted either way
  }

  @Override
  long spent() {
    return used;
  }

  /** The window that is open is the same if it ends when the other one does. */
  @Override
  boolean copy(LocalCounter before, long now) {
    if (!(before instanceof FixedWindowCounter other)) {
      return false;
    }
    long[] numbers = new long[CheckResult.WIDTH];
    read(now, 0, numbers, 0);
    other.read(now, 0, numbers, 0);
    if (end != other.end) {
      return false;
    }
    number = other.number;
    used = other.used;
    return true;
  }

  @Override
  void refund(long now, long cost, long of, long time) {
    giveBack(now, cost, of, time);
  }

  @Override
  void giveBack(long now, long cost, long of, long time) {
    if (time == number && ChronoUnit.MICROS.between(Instant.EPOCH, wall.instant()) < end) {
      used = Math.max(0, used - cost);
    }
  }
}
