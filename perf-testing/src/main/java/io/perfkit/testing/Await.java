package io.perfkit.testing;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;

/**
 * Waits for a condition with a deadline, instead of sleeping for a guessed time. Thread safe.
 *
 * <p>Polls the condition at once, then after pauses that grow from 1 ms to 20 ms, and a last time
 * when the deadline has passed.
 */
public final class Await {
  private static final long PAUSE_NANOS_MIN = 1_000_000;
  private static final long PAUSE_NANOS_MAX = 20_000_000;

  private Await() {}

  /**
   * Blocks until {@code condition} holds. Exceptions of the condition pass through.
   *
   * @param what the condition in words, for the message: {@code "the entry left L1"}
   * @throws AssertionError if it does not hold within {@code deadline}, or the thread is
   *     interrupted; its flag stays set
   */
  public static void until(String what, Duration deadline, BooleanSupplier condition) {
    requireNonNull(what, "what");
    if (!holdsWithin(deadline, condition)) {
      throw new AssertionError(
          Thread.currentThread().isInterrupted()
              ? "interrupted while waiting until " + what
              : "not within " + deadline + ": " + what);
    }
  }

  /** Whether {@code condition} becomes true in time; an interrupt ends the wait. */
  static boolean holdsWithin(Duration deadline, BooleanSupplier condition) {
    long start = System.nanoTime();
    long limit = NANOSECONDS.convert(deadline);
    long pause = PAUSE_NANOS_MIN;
    while (!condition.getAsBoolean()) {
      long left = limit - (System.nanoTime() - start);
      if (left <= 0 || Thread.currentThread().isInterrupted()) {
        return condition.getAsBoolean();
      }
      LockSupport.parkNanos(Math.min(pause, left));
      pause = Math.min(pause * 2, PAUSE_NANOS_MAX);
    }
    return true;
  }
}
