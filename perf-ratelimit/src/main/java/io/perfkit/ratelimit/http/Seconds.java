package io.perfkit.ratelimit.http;

import java.time.Duration;
import java.time.Instant;

/** Spans as headers count them: whole seconds, rounded up. */
final class Seconds {
  /** What an integer of RFC 9651 can say, and far beyond any limit. */
  private static final long MAX = 999_999_999_999_999L;

  /** Longer than any limit takes: no wait will do. */
  private static final Duration NEVER = Duration.ofDays(1_000_000);

  private Seconds() {}

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
