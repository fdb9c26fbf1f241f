package io.perfkit.ratelimit;

import java.time.Duration;

/** Where permits are counted, and so decided. Thread safe. */
interface Store extends AutoCloseable {
  /**
   * Decides all rules of {@code ask} at once.
   *
   * @param charge whether permits are taken if all rules admit it
   */
  Decision decide(Ask ask, boolean charge);

  /** Gives back what an admitted request took, as far as it has not come back by itself. */
  void refund(Standing standing);

  /**
   * Refuses the keys of {@code ask} from now on for {@code duration}, which replaces earlier ones.
   */
  void block(Ask ask, Duration duration);

  /** Forgets what the keys of {@code ask} spent, and that they are blocked. */
  void reset(Ask ask);

  boolean available();

  /** Keys that this node counts by itself. */
  int keys();

  @Override
  void close();
}
