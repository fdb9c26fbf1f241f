package io.perfkit.ratelimit;

import java.time.Duration;

/** A sliding window log: the instants of the permits admitted within the last window. */
final class LogCounter extends LocalCounter {
  private final long windowNanos;

  /** A ring; {@code first} is the oldest of {@code live} instants. */
  private final long[] instants;

  private int first;
  private int live;

  LogCounter(long capacity, Duration window) {
    windowNanos = window.toNanos();
    instants = new long[(int) capacity];
  }

  @Override
  void look(long now, long cost, long[] numbers, int at) {
    while (live > 0 && now - instants[first] >= windowNanos) {
      first = (first + 1) % instants.length;
      live--;
    }
    int free = instants.length - live;
    int lack = (int) (cost - free);
    numbers[at + CheckResult.LIMIT] = instants.length;
    numbers[at + CheckResult.REMAINING] = free;
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

  @Override
  void giveBack(long now, long cost, long time) {
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
