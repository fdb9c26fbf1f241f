package io.perfkit.redis;

import org.jspecify.annotations.Nullable;

/**
 * A value can't be turned into bytes, or JSON into a value; the message names the class or
 * property. Nothing was stored.
 */
public final class CodecFailed extends RedisException {
  CodecFailed(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
