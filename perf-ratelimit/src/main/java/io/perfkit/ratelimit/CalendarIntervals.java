package io.perfkit.ratelimit;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;

/**
 * The intervals of a {@link Limit.CalendarQuota}, in microseconds since 1970. An interval of days
 * or more begins when the zone's clock first shows a boundary, or at the end of the gap that skips
 * it. An hour begins whenever the clock shows its boundary: a shift by part of an hour makes one
 * hour longer, and none shorter.
 */
final class CalendarIntervals {
  private static final int HOUR = 3_600;

  private final Limit.CalendarQuota quota;
  private final ZoneRules rules;

  private CalendarIntervals(Limit.CalendarQuota quota) {
    this.quota = quota;
    this.rules = quota.zone().getRules();
  }

  /**
   * The starts of the interval before that of {@code instant}, of its own and of the next, and the
   * next one's end.
   */
  static long[] around(Limit.CalendarQuota quota, Instant instant) {
    return new CalendarIntervals(quota).around(instant.getEpochSecond());
  }

  private long[] around(long second) {
    long start = start(second);
    long next = next(start);
    return new long[] {
      start(start - 1) * 1_000_000, start * 1_000_000, next * 1_000_000, next(next) * 1_000_000
    };
  }

  /** The last boundary at or before a second. */
  private long start(long second) {
    return quota.unit() == ChronoUnit.HOURS ? hourBefore(second) : boundary(index(second));
  }

  /** The first boundary after a second. */
  private long next(long second) {
    if (quota.unit() == ChronoUnit.HOURS) {
      return hourAfter(second);
    }
    long index = index(second) + 1;
    while (boundary(index) <= second) { // a day that the zone skips has the boundary of the next
      index++;
    }
    return boundary(index);
  }

  /** The number of the last interval that has begun, counted from the anchor. */
  private long index(long second) {
    LocalDateTime local = LocalDateTime.ofEpochSecond(second, 0, offset(second));
    long index = quota.unit().between(quota.anchor(), local) + 1;
    while (boundary(index) > second) {
      index--;
    }
    while (boundary(index + 1) <= second) {
      index++;
    }
    return index;
  }

  private long boundary(long index) {
    LocalDateTime local = quota.anchor().plus(index, quota.unit());
    ZoneOffsetTransition shift = rules.getTransition(local);
    return shift != null && shift.isGap()
        ? shift.toEpochSecond()
        : local.toEpochSecond(rules.getValidOffsets(local).get(0));
  }

  private long hourBefore(long second) {
    long until = second;
    while (true) {
      long start = until - pastHour(until);
      ZoneOffsetTransition shift = rules.previousTransition(Instant.ofEpochSecond(until + 1));
      if (shift == null || shift.toEpochSecond() <= start) {
        return start;
      }
      until = shift.toEpochSecond() - 1;
    }
  }

  private long hourAfter(long second) {
    long from = second;
    while (true) {
      long next = from + HOUR - pastHour(from);
      ZoneOffsetTransition shift = rules.nextTransition(Instant.ofEpochSecond(from));
      if (shift == null || next < shift.toEpochSecond()) {
        return next;
      }
      from = shift.toEpochSecond();
      if (pastHour(from) == 0) {
        return from;
      }
    }
  }

  /** Seconds since the zone's clock showed, or would have shown, the boundary of an hour. */
  private long pastHour(long second) {
    long anchor = quota.anchor().toEpochSecond(ZoneOffset.UTC);
    return Math.floorMod(second + offset(second).getTotalSeconds() - anchor, HOUR);
  }

  private ZoneOffset offset(long second) {
    return rules.getOffset(Instant.ofEpochSecond(second));
  }
}
