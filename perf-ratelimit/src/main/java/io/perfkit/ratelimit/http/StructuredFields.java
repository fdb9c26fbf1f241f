package io.perfkit.ratelimit.http;

import io.perfkit.ratelimit.Limit;
import io.perfkit.ratelimit.LimitStatus;
import io.perfkit.ratelimit.Policy;
import java.time.Duration;

/**
 * Members of the lists {@code RateLimit-Policy} and {@code RateLimit}, in the syntax of RFC 9651. A
 * policy's name needs no escape in a string of that syntax.
 */
final class StructuredFields {
  private StructuredFields() {}

  /**
   * {@code "name";q=10;w=1}: the quota and the window in seconds, which is omitted if it is not a
   * whole number of seconds.
   */
  static String policy(Policy policy) {
    Limit limit = policy.limit();
    String quota = name(policy) + ";q=" + Seconds.integer(limit.permits());
    if (limit instanceof Limit.Concurrency) {
      return quota + ";qu=\"concurrent-requests\"";
    }
    Duration window = limit.period();
    return window.getNano() == 0 ? quota + ";w=" + Seconds.integer(window.getSeconds()) : quota;
  }

  /**
   * {@code "name";r=7;t=1}: the remaining permits, and the seconds until all are available again,
   * or, for a policy that refuses, until it admits.
   */
  static String result(LimitStatus status) {
    Duration wait = status.refuses() ? Seconds.wait(status) : status.resetAfter();
    String left = name(status.policy()) + ";r=" + Seconds.integer(status.remaining());
    return Seconds.never(wait) ? left : left + ";t=" + Seconds.up(wait);
  }

  private static String name(Policy policy) {
    return '"' + policy.name() + '"';
  }
}
