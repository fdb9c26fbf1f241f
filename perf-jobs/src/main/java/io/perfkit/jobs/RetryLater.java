package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Thrown by a handler: the attempt failed, and the next one follows after a span of its choice
 * instead of the type's {@link Backoff}. The attempt counts.
 */
public final class RetryLater extends JobException {
  private static final long serialVersionUID = 1L;

  private final Duration delay;

  private RetryLater(Duration delay, @Nullable Throwable cause) {
    super("retry after " + delay, cause);
    this.delay = delay;
  }

  /** The next attempt follows after {@code delay}. */
  public static RetryLater after(Duration delay) {
    return after(delay, null);
  }

  /** The next attempt follows after {@code delay}; {@code cause} is recorded. */
  public static RetryLater after(Duration delay, @Nullable Throwable cause) {
    if (requireNonNull(delay, "delay").isNegative()) {
      throw new IllegalArgumentException("delay: " + delay + " (expected: not negative)");
    }
    return new RetryLater(delay, cause);
  }

  /** The span until the next attempt. */
  public Duration delay() {
    return delay;
  }
}
