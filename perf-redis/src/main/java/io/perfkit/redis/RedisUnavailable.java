package io.perfkit.redis;

import org.jspecify.annotations.Nullable;

/**
 * Redis gave no answer: it is down, unreachable, loading, without a primary, or slower than the
 * time budget. Whether the command ran is unknown, unless the message says it was not sent.
 */
public final class RedisUnavailable extends RedisException {
  /**
   * For features on Redis, which say in {@code message} what was not done, or may have been.
   *
   * @param cause null if no command was tried
   */
  public RedisUnavailable(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
