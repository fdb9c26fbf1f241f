package io.perfkit.ratelimit;

import org.jspecify.annotations.Nullable;

/** Root of what goes wrong in a limiter itself; a refusal is a {@code Decision}, no exception. */
public abstract class RateLimitException extends RuntimeException {
  RateLimitException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
