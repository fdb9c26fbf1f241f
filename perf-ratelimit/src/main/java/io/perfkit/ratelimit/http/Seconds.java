package io.perfkit.ratelimit.http;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Limit;
import io.perfkit.ratelimit.LimitStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;

/** Spans as headers count them: whole seconds, rounded up. */
final class Seconds {
  /** What an integer of RFC 9651 can say, and far beyond any limit. */
  private static final long MAX = 999_999_999_999_999L;

  /** Longer than any limit takes: no wait will do. */
  private static final Duration NEVER = Duration.ofDays(1_000_000);

  private Seconds() {}

  /**
   * What to tell a client to wait for the policies that refuse: for what others hold a second,
   * since it may be released at any time.
   */
  static Duration wait(Decision.Denied denied) {
    return denied.limits().stream()
        .filter(status -> status.refuses() && !status.policy().shadow())
        .map(Seconds::wait)
        .max(Comparator.naturalOrder())
        .orElse(denied.retryAfter());
  }

  /** The same for one policy that refuses. */
  static Duration wait(LimitStatus status) {
    boolean held = status.policy().limit() instanceof Limit.Concurrency;
    return held && !never(status.retryAfter()) ? Duration.ofSeconds(1) : status.retryAfter();
  }

  static boolean never(Duration span) {
    return span.compareTo(NEVER) > 0;
  }

  /** Rounded up; at most what a header can say. */
  static long up(Duration span) {
    return span.getSeconds() >= MAX ? MAX : span.getSeconds() + (span.getNano() > 0 ? 1 : 0);
  }

  /** The first full second since 1970 that is not before {@code span} after {@code now}. */
  static long up(Instant now, Duration span) {
    Duration sinceEpoch = Duration.between(Instant.EPOCH, now);
    return never(span) ? MAX : up(sinceEpoch.plus(span));
  }

  /** A number that fits an integer of RFC 9651. */
  static long integer(long number) {
    return Math.min(number, MAX);
  }
}
