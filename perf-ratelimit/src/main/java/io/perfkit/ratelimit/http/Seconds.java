package io.perfkit.ratelimit.http;

import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Limit;
import io.perfkit.ratelimit.LimitStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;

/** Spans in the unit of headers: whole seconds, rounded up. */
final class Seconds {
  /** The largest integer of RFC 9651, far above any limit. */
  private static final long MAX = 999_999_999_999_999L;

  /** Longer than any limit takes: waiting does not help. */
  private static final Duration NEVER = Duration.ofDays(1_000_000);

  private Seconds() {}

  /**
   * The wait for the policies that refuse, to report to a client: one second for permits that
   * others hold, since they may be released at any time.
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

  /** A span in seconds, rounded up; at most the largest integer of a header. */
  static long up(Duration span) {
    return span.getSeconds() >= MAX ? MAX : span.getSeconds() + (span.getNano() > 0 ? 1 : 0);
  }

  /** The first full second since 1970 that is not before {@code span} after {@code now}. */
  static long up(Instant now, Duration span) {
    Duration sinceEpoch = Duration.between(Instant.EPOCH, now);
    return never(span) ? MAX : up(sinceEpoch.plus(span));
  }

  /** The number, limited to the integers of RFC 9651. */
  static long integer(long number) {
    return Math.min(number, MAX);
  }
}
