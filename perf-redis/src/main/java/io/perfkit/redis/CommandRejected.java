package io.perfkit.redis;

/** Redis is up and answered with an error, such as a wrong type or a missing permission. */
public final class CommandRejected extends RedisException {
  CommandRejected(String message, Throwable cause) {
    super(message, cause);
  }
}
