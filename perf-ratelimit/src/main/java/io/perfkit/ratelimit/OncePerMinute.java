package io.perfkit.ratelimit;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Says when to log what would otherwise be logged for each request. Thread safe. */
final class OncePerMinute {
  private static final long NANOS = Duration.ofMinutes(1).toNanos();

  private final LongSupplier nanos;
  private final AtomicLong last;

  OncePerMinute(LongSupplier nanos) {
    this.nanos = nanos;
    this.last = new AtomicLong(nanos.getAsLong() - NANOS);
  }

  /** True at first, and then for one caller a minute at most. */
  boolean isDue() {
    long now = nanos.getAsLong();
    long before = last.get();
    return now - before >= NANOS && last.compareAndSet(before, now);
  }
}
