package io.perfkit.ratelimit;

/** Redis did not do what only it can: whether it was done is unknown, unless the cause says so. */
public final class RedisDown extends RateLimitException {
  RedisDown(String message, Throwable cause) {
    super(message, cause);
  }
}
