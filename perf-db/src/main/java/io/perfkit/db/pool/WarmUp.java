package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Locale;

/**
 * Result of a warm-up. Immutable.
 *
 * @param wanted connections the pool was to have
 * @param ready connections open at the end, those in use included
 * @param failures attempts to connect that failed
 * @param elapsed how long it took
 * @param lastFailure SQLSTATE and message of the last failed attempt; empty if none failed
 */
public record WarmUp(int wanted, int ready, int failures, Duration elapsed, String lastFailure) {
  public WarmUp {
    requireNonNull(elapsed, "elapsed");
    requireNonNull(lastFailure, "lastFailure");
  }

  /** Whether all wanted connections are open. */
  public boolean complete() {
    return ready >= wanted;
  }

  /** One sentence for a log. */
  @Override
  public String toString() {
    String summary =
        String.format(
            Locale.ROOT,
            "%d of %d connections ready after %d ms",
            ready,
            wanted,
            elapsed.toMillis());
    return failures == 0
        ? summary
        : summary + String.format(Locale.ROOT, ", %d failed: %s", failures, lastFailure);
  }
}
