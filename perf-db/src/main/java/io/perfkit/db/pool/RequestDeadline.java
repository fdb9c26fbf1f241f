package io.perfkit.db.pool;

import java.time.Duration;
import java.util.Optional;

/** Tells a pool how much time the current request has left. Thread safe. */
@FunctionalInterface
public interface RequestDeadline {
  /**
   * The time that is left for the request of the calling thread; empty if it has no deadline.
   * Called for each statement that is made, so it must return at once.
   */
  Optional<Duration> remaining();
}
