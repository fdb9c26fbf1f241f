package io.perfkit.redis;

import org.jspecify.annotations.Nullable;

/**
 * Redis gave no answer: it is down, unreachable, loading, without a primary, or slower than the
 * time budget. Whether the command ran is unknown, unless the message says it was not sent.
 */
public final class RedisUnavailable extends RedisException {
  /**
   * For features on Redis; {@code message} says what was not done, or may have been done.
   *
   * @param cause null if no command was tried
   */
  public RedisUnavailable(String message, @Nullable Throwable cause) {
    super(message, cause);
  }

  /**
   * Why Redis can't be used, in the network's words where there are any: {@code Connection refused
   * (127.0.0.1:6379)}, {@code Read timed out}.
   *
   * @param failure what a Redis client, or a guard, threw
   */
  public static String reason(Throwable failure) {
    return Reason.of(failure);
  }
}
