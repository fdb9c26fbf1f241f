package io.perfkit.ratelimit;

import org.jspecify.annotations.Nullable;

/** Root of this module's exceptions; a refusal is a {@code Decision}, not an exception. */
public abstract class RateLimitException extends RuntimeException {
  RateLimitException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
