package io.perfkit.cache;

import java.util.Random;
import java.util.concurrent.locks.LockSupport;

/** Pauses that let threads of a race overtake each other. */
final class RandomPause {
  private RandomPause() {}

  /** Up to that many microseconds, and often none. */
  static void upTo(Random random, int microsMax) {
    if (random.nextBoolean()) {
      LockSupport.parkNanos(random.nextInt(microsMax) * 1_000L);
    }
  }
}
