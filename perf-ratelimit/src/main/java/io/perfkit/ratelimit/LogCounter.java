package io.perfkit.ratelimit;

import java.time.Duration;

/** A sliding window log: the instants of the permits admitted within the last window. */
final class LogCounter extends LocalCounter {
  private final long windowNanos;

  /** A ring, larger than the capacity if the limit was; {@code first} is the oldest instant. */
  private long[] instants;

  private int first;
  private int live;

  LogCounter(long capacity, Duration window) {
    super(capacity);
    windowNanos = window.toNanos();
    instants = new long[(int) capacity];
  }

  @Override
  void read(long now, long cost, long[] numbers, int at) {
    while (live > 0 && now - instants[first] >= windowNanos) {
      first = (first + 1) % instants.length;
      live--;
    }
    long free = capacity() - live;
    int lack = (int) (cost - free);
    numbers[at + CheckResult.LIMIT] = capacity();
    numbers[at + CheckResult.REMAINING] = Math.max(0, free);
    numbers[at + CheckResult.RESET] = live == 0 ? 0 : left(live - 1, now);
    numbers[at + CheckResult.WAIT] = lack <= 0 ? 0 : left(lack - 1, now);
  }

  /** Nanoseconds until the {@code i}-th oldest instant leaves the window. */
  private long left(int i, long now) {
    return microsUp(instants[(first + i) % instants.length] + windowNanos - now);
  }

  @Override
  void take(long now, long cost) {
    for (long i = 0; i < cost; i++) {
      instants[(first + live) % instants.length] = now;
      live++;
    }
  }

  /** Keeps the latest instants, which alone decide: what is older leaves the window before them. */
  @Override
  void takeBeyond(long now, long cost) {
    for (long i = Math.min(cost, instants.length); i > 0; i--) {
      add(now);
    }
  }

  private void add(long instant) {
    if (live == instants.length) {
      first = (first + 1) % instants.length;
      live--;
    }
    instants[(first + live) % instants.length] = instant;
    live++;
  }

  @Override
  long spent() {
    return live;
  }

  @Override
  boolean copy(LocalCounter before, long now) {
    if (!(before instanceof LogCounter other) || windowNanos != other.windowNanos) {
      return false;
    }
    instants = new long[Math.max(instants.length, other.live)];
    for (int i = 0; i < other.live; i++) {
      add(other.instants[(other.first + i) % other.instants.length]);
    }
    return true;
  }

  @Override
  void giveBack(long now, long cost, long of, long time) {
    long left = cost;
    int kept = 0;
    for (int i = 0; i < live; i++) {
      long instant = instants[(first + i) % instants.length];
      if (left > 0 && instant == time) {
        left--;
      } else {
        instants[(first + kept) % instants.length] = instant;
        kept++;
      }
    }
    live = kept;
  }
}
