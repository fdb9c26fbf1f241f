package io.perfkit.testing;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * A manual clock, which stands still until a test advances it: wall time as an {@link
 * InstantSource}, elapsed time through {@link #nanos()}. Both move together. Thread safe.
 */
public final class FakeClock implements InstantSource {
  private final Instant start;
  private final AtomicLong elapsedNanos = new AtomicLong();

  private FakeClock(Instant start) {
    this.start = start;
  }

  /** A clock that shows {@code start}. */
  public static FakeClock startingAt(Instant start) {
    return new FakeClock(start);
  }

  @Override
  public Instant instant() {
    return start.plusNanos(elapsedNanos.get());
  }

  /** Elapsed nanoseconds, as {@link System#nanoTime} would give them. */
  public LongSupplier nanos() {
    return elapsedNanos::get;
  }

  /** Moves time forward, never back. */
  public void advance(Duration by) {
    if (by.isNegative()) {
      throw new IllegalArgumentException("by: " + by + " (expected: not negative)");
    }
    elapsedNanos.addAndGet(NANOSECONDS.convert(by));
  }
}
