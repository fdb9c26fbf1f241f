package io.perfkit.db.query;

import java.time.Duration;

/**
 * Executions that run now in this process. Immutable.
 *
 * @param connections that callers have borrowed
 * @param running executions under way
 * @param stuck those of them that run for longer than {@code stillRunningAfter}
 * @param longest for how long the longest one runs; zero if none does
 */
public record QueryHealth(int connections, int running, int stuck, Duration longest) {

  /** Whether no execution is stuck. */
  public boolean healthy() {
    return stuck == 0;
  }
}
