package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The intervals of calendars beside those that java.time says, in all zones. */
final class CalendarIntervalsTest {
  private static final Instant FROM = Instant.parse("2026-11-01T00:00:00Z");
  private static final Instant TO = Instant.parse("2037-01-01T00:00:00Z");

  /** One zone of each set of rules that differs from the others. */
  private static Collection<ZoneId> zones() {
    Map<ZoneRules, ZoneId> byRules = new HashMap<>();
    for (String id : ZoneId.getAvailableZoneIds()) {
      byRules.putIfAbsent(ZoneId.of(id).getRules(), ZoneId.of(id));
    }
    return byRules.values();
  }

  /** Every 5 minutes for some hours around each shift of ten years, and a few days without one. */
  private static List<Instant> instants(ZoneId zone) {
    List<Instant> instants = new ArrayList<>();
    ZoneOffsetTransition shift = zone.getRules().nextTransition(FROM);
    while (shift != null && shift.getInstant().isBefore(TO)) {
      for (int minutes = -180; minutes <= 180; minutes += 5) {
        instants.add(shift.getInstant().plus(Duration.ofMinutes(minutes)));
      }
      shift = zone.getRules().nextTransition(shift.getInstant());
    }
    for (int i = 0; i < 40; i++) {
      instants.add(FROM.plus(Duration.ofSeconds(8_000_009L * i)));
    }
    return instants;
  }

  private static Instant[] around(Limit.CalendarQuota quota, Instant instant) {
    long[] micros = CalendarIntervals.around(quota, instant);
    Instant[] around = new Instant[4];
    for (int i = 0; i < 4; i++) {
      around[i] = Instant.EPOCH.plus(micros[i], ChronoUnit.MICROS);
      assertThat(i == 0 || around[i].isAfter(around[i - 1]))
          .as("%s at %s", quota, instant)
          .isTrue();
    }
    assertThat(around[1]).as("%s at %s", quota, instant).isBeforeOrEqualTo(instant);
    assertThat(around[2]).as("%s at %s", quota, instant).isAfter(instant);
    return around;
  }

  @Test
  void anHourBeginsWheneverTheClockShowsAFullHour() {
    for (ZoneId zone : zones()) {
      Limit.CalendarQuota hourly = new Limit.CalendarQuota(1, ChronoUnit.HOURS, zone);
      for (Instant instant : instants(zone)) {
        Instant[] around = around(hourly, instant);
        assertThat(around[1]).as("%s at %s", zone, instant).isEqualTo(fullHour(zone, instant, -1));
        assertThat(around[2]).isEqualTo(fullHour(zone, instant.plusSeconds(1), 1));
        assertThat(Duration.between(around[1], around[2]))
            .isGreaterThanOrEqualTo(Duration.ofHours(1));
      }
    }
  }

  /** Walks second by second to a full minute, and then minute by minute. */
  private static Instant fullHour(ZoneId zone, Instant from, int step) {
    Instant at = from;
    while (at.atZone(zone).getSecond() != 0) {
      at = at.plusSeconds(step);
    }
    while (at.atZone(zone).getMinute() != 0) {
      at = at.plusSeconds(60L * step);
    }
    return at;
  }

  @Test
  void daysWeeksMonthsAndYearsBeginWhereJavaTimeSays() {
    for (ZoneId zone : zones()) {
      for (Instant instant : instants(zone)) {
        LocalDate day = instant.atZone(zone).toLocalDate();
        LocalDate monday = day.minusDays(day.getDayOfWeek().getValue() - 1);
        same(zone, ChronoUnit.DAYS, instant, day, day.plusDays(1));
        same(zone, ChronoUnit.WEEKS, instant, monday, monday.plusWeeks(1));
        LocalDate first = day.withDayOfMonth(1);
        same(zone, ChronoUnit.MONTHS, instant, first, first.plusMonths(1));
        LocalDate newYear = day.withDayOfYear(1);
        same(zone, ChronoUnit.YEARS, instant, newYear, newYear.plusYears(1));
      }
    }
  }

  private static void same(
      ZoneId zone, ChronoUnit unit, Instant instant, LocalDate start, LocalDate end) {
    Instant[] around = around(new Limit.CalendarQuota(1, unit, zone), instant);
    assertThat(around[1])
        .as("%s of %s at %s", unit, zone, instant)
        .isEqualTo(start.atStartOfDay(zone).toInstant());
    assertThat(around[2]).isEqualTo(end.atStartOfDay(zone).toInstant());
  }

  @Test
  void aDayThatAZoneSkippedIsNoInterval() {
    Instant[] around =
        around(
            new Limit.CalendarQuota(1, ChronoUnit.DAYS, ZoneId.of("Pacific/Apia")),
            Instant.parse("2011-12-30T05:00:00Z")); // the 29th, and the 30th never was

    assertThat(Duration.between(around[1], around[2])).isEqualTo(Duration.ofDays(1));
    assertThat(Duration.between(around[2], around[3])).isEqualTo(Duration.ofDays(1));
  }

  @Test
  void anAnchorSaysWhenAnIntervalBegins() {
    LocalDateTime billing = LocalDateTime.parse("2026-01-31T06:00:00");
    assertThat(start(ChronoUnit.MONTHS, billing, "2027-02-27T05:00:00Z"))
        .isEqualTo("2027-01-31T06:00:00Z");
    assertThat(start(ChronoUnit.MONTHS, billing, "2027-02-28T07:00:00Z"))
        .isEqualTo("2027-02-28T06:00:00Z");
    assertThat(start(ChronoUnit.MONTHS, billing, "2027-03-31T05:59:59Z"))
        .as("the day is the anchor's again after a short month")
        .isEqualTo("2027-02-28T06:00:00Z");
    assertThat(start(ChronoUnit.MONTHS, billing, "2020-05-31T06:00:00Z"))
        .as("also before the anchor")
        .isEqualTo("2020-05-31T06:00:00Z");
    assertThat(
            start(
                ChronoUnit.WEEKS,
                LocalDateTime.parse("2026-11-29T00:00:00"),
                "2026-12-05T23:00:00Z"))
        .as("weeks from Sunday")
        .isEqualTo("2026-11-29T00:00:00Z");
    assertThat(
            start(
                ChronoUnit.HOURS,
                LocalDateTime.parse("2026-01-01T00:15:00"),
                "2026-12-05T23:14:59Z"))
        .isEqualTo("2026-12-05T22:15:00Z");
  }

  private static String start(ChronoUnit unit, LocalDateTime anchor, String instant) {
    Limit.CalendarQuota quota = new Limit.CalendarQuota(1, unit, ZoneOffset.UTC, anchor);
    return around(quota, Instant.parse(instant))[1].toString();
  }
}
