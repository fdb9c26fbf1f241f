package io.perfkit.db.pool;

import java.time.Duration;
import java.util.Optional;

/** Gives a pool the time that the current request has left. Thread safe. */
@FunctionalInterface
public interface RequestDeadline {
  /**
   * The time that is left for the request of the calling thread; empty if it has no deadline.
   * Called for each new statement, so it must return at once. It does not limit what restores a
   * connection that is given back.
   */
  Optional<Duration> remaining();
}
