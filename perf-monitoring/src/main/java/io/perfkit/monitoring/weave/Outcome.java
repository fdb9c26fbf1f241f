package io.perfkit.monitoring.weave;

import java.util.Locale;

/** How a monitored call ended; in lower case the value of the tag {@code outcome}. */
public enum Outcome {
  /** The method returned, and its stage, if it returns one, completed normally. */
  SUCCESS,
  /** The caller's mistake: by default an {@link IllegalArgumentException}. */
  CLIENT_ERROR,
  /** Any other failure. */
  ERROR,
  /** The time was up. */
  TIMEOUT,
  /** The call was cancelled or interrupted. */
  CANCELLED,
  /** The call was not admitted: by a rate limit, a full pool or queue, an open circuit breaker. */
  REJECTED;

  String tag() {
    return name().toLowerCase(Locale.ROOT);
  }
}
