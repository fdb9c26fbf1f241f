package io.perfkit.monitoring.internal;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/** Says when to log what would otherwise be logged for each failure. Thread safe. */
public final class OncePerMinute {
  private static final long NANOS = Duration.ofMinutes(1).toNanos();

  private final LongSupplier nanos;
  private final AtomicLong last;

  /** On the clock of this JVM. */
  public OncePerMinute() {
    this(System::nanoTime);
  }

  /** On a clock of elapsed nanoseconds. */
  public OncePerMinute(LongSupplier nanos) {
    this.nanos = nanos;
    this.last = new AtomicLong(nanos.getAsLong() - NANOS);
  }

  /** True at first, and then for one caller a minute at most. */
  public boolean isDue() {
    long now = nanos.getAsLong();
    long before = last.get();
    return now - before >= NANOS && last.compareAndSet(before, now);
  }
}
