package io.perfkit.cache;

import io.perfkit.testing.Pace;
import java.time.Duration;
import java.util.Random;

/** Pauses that let threads of a race overtake each other. */
final class RandomPause {
  private RandomPause() {}

  /** Up to that many microseconds, and often none. */
  static void upTo(Random random, int microsMax) {
    if (random.nextBoolean()) {
      Pace.pause(Duration.ofNanos(random.nextInt(microsMax) * 1_000L));
    }
  }
}
