package io.perfkit.ratelimit;

import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.time.temporal.TemporalAdjusters;

/** The intervals of a {@link Limit.CalendarQuota}, in microseconds since 1970. */
final class CalendarIntervals {
  private CalendarIntervals() {}

  /** Where the interval before that of {@code instant} begins, it itself, the next, and its end. */
  static long[] around(Limit.CalendarQuota quota, Instant instant) {
    ZonedDateTime start = start(quota, instant.atZone(quota.zone()));
    ZonedDateTime before = start(quota, start.minusNanos(1));
    ZonedDateTime next = start(quota, start.plus(1, quota.unit()));
    ZonedDateTime last = start(quota, next.plus(1, quota.unit()));
    return new long[] {micros(before), micros(start), micros(next), micros(last)};
  }

  private static ZonedDateTime start(Limit.CalendarQuota quota, ZonedDateTime time) {
    LocalDate day = time.toLocalDate();
    return switch (quota.unit()) {
      case HOURS -> time.truncatedTo(ChronoUnit.HOURS);
      case DAYS -> day.atStartOfDay(quota.zone());
      case WEEKS ->
          day.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY)).atStartOfDay(quota.zone());
      case MONTHS -> day.withDayOfMonth(1).atStartOfDay(quota.zone());
      default -> day.withDayOfYear(1).atStartOfDay(quota.zone());
    };
  }

  private static long micros(ZonedDateTime time) {
    return time.toEpochSecond() * 1_000_000;
  }
}
