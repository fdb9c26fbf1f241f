package io.perfkit.cache;

import java.time.Duration;

/**
 * How long an entry counts.
 *
 * @param left of its life; zero or less once that is over
 * @param total how long its life was from the start
 * @param keep how long it stays after its life, for when no newer value can be had
 */
record Life(Duration left, Duration total, Duration keep) {
  /** Of an entry that is made now. */
  static Life begin(Duration total, Duration keep) {
    return new Life(total, total, keep);
  }

  boolean isOver() {
    return left.isNegative() || left.isZero();
  }

  /** Whether it is over for no longer than that. */
  boolean isOverForAtMost(Duration time) {
    return left.plus(time).compareTo(Duration.ZERO) >= 0;
  }

  /** The same, that much later. */
  Life after(Duration time) {
    return new Life(left.minus(time), total, keep);
  }

  /** Until it is gone. */
  Duration leftWithKeep() {
    return left.plus(keep);
  }
}
