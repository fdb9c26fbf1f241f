package io.perfkit.testing;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.random.RandomGenerator;

/**
 * Paces the load of a test with pauses between its steps. A test's result must not depend on their
 * length; to wait for a condition use {@link Await}. Thread safe.
 */
public final class Pace {
  private Pace() {}

  /**
   * Pauses the calling thread between two steps, so that other threads come in between; an
   * interrupt ends the pause and stays set.
   *
   * @param length shortest pause; a busy machine makes it longer
   */
  public static void pause(Duration length) {
    long start = System.nanoTime();
    long limit = NANOSECONDS.convert(length);
    for (long left = limit; left > 0; left = limit - (System.nanoTime() - start)) {
      if (Thread.currentThread().isInterrupted()) {
        return;
      }
      LockSupport.parkNanos(left);
    }
  }

  /**
   * Pauses for a random time, so that a long run meets many interleavings.
   *
   * @param random its seed is printed by the test, so that a failure can be repeated
   * @param longest exclusive; positive
   */
  public static void randomPause(RandomGenerator random, Duration longest) {
    pause(Duration.ofNanos(random.nextLong(NANOSECONDS.convert(longest))));
  }
}
