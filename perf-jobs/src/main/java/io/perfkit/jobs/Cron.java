package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.List;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * A cron expression in a time zone: minute, hour, day of month, month and day of week, or six
 * fields with the second first. Fields take {@code * , - /} and names of months and days; the day
 * of month {@code L}, {@code LW} and {@code 15W}; the day of week {@code 5L} and {@code 5#3}. If
 * both day fields are restricted, a day that matches either fires. Immutable.
 *
 * <p>When clocks go forward, an expression with given hours fires right after the gap for what the
 * gap swallowed, once; when they go back it fires once. An expression whose hour is a star, with or
 * without a step, follows the clock on the wall: nothing in the gap, twice in the overlap.
 */
public final class Cron {
  private static final List<String> MONTHS =
      List.of("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC");
  private static final int MAX_YEARS = 30;
  private static final Duration NEAR = Duration.ofHours(36);

  private final String expression;
  private final ZoneId zone;
  private final CronField seconds = new CronField("second", 0, 59, List.of());
  private final CronField minutes = new CronField("minute", 0, 59, List.of());
  private final CronField hours = new CronField("hour", 0, 23, List.of());
  private final CronField months = new CronField("month", 1, 12, MONTHS);
  private final CronDays days;

  private Cron(String expression, ZoneId zone) {
    this.expression = expression;
    this.zone = zone;
    String[] fields = expression.trim().split("\\s+", -1);
    if (fields.length != 5 && fields.length != 6) {
      throw new IllegalArgumentException(
          "cron: '" + expression + "' has " + fields.length + " fields (expected: 5 or 6)");
    }
    int first = fields.length - 5;
    add(seconds, first == 1 ? fields[0] : "0");
    add(minutes, fields[first]);
    add(hours, fields[first + 1]);
    this.days = new CronDays(fields[first + 2], fields[first + 4]);
    add(months, fields[first + 3]);
  }

  private static void add(CronField field, String text) {
    for (String part : text.split(",", -1)) {
      field.add(part);
    }
  }

  /**
   * Reads an expression.
   *
   * @throws IllegalArgumentException if it is none, naming the field, or never fires, as {@code 0 0
   *     30 2 *}
   */
  public static Cron parse(String expression, ZoneId zone) {
    if (requireNonNull(expression, "expression").length() > 200) {
      throw new IllegalArgumentException(
          "cron: " + expression.length() + " characters (expected: at most 200)");
    }
    Cron cron = new Cron(expression, requireNonNull(zone, "zone"));
    if (cron.next(Instant.EPOCH).isEmpty()) {
      throw new IllegalArgumentException(
          "cron: '" + expression + "' never fires (expected: a day that exists)");
    }
    return cron;
  }

  /** The first time after {@code after} at which it fires; empty if none within 30 years. */
  public Optional<Instant> next(Instant after) {
    LocalDateTime local = LocalDateTime.ofInstant(after, zone);
    LocalDate day = local.toLocalDate().minusDays(1); // a zone may set the date back
    LocalDate last = day.plusYears(MAX_YEARS);
    while (!day.isAfter(last)) {
      if (!months.has(day.getMonthValue())) {
        day = day.plusMonths(1).withDayOfMonth(1);
        continue;
      }
      Instant found = days.match(day) ? firstOf(day, after) : null;
      if (found != null) {
        return Optional.of(found);
      }
      day = day.plusDays(1);
    }
    return Optional.empty();
  }

  private @Nullable Instant firstOf(LocalDate day, Instant after) {
    ZoneRules rules = zone.getRules();
    Instant noon = day.atTime(LocalTime.NOON).toInstant(ZoneOffset.UTC);
    ZoneOffsetTransition change = rules.nextTransition(noon.minus(NEAR));
    if (change != null && change.getInstant().isBefore(noon.plus(NEAR))) {
      return instantsOf(day, rules).higher(after);
    }
    LocalDateTime from = LocalDateTime.ofInstant(after, zone);
    LocalTime time = LocalTime.MIN;
    if (day.equals(from.toLocalDate())) {
      LocalTime next = from.toLocalTime().withNano(0).plusSeconds(1);
      if (next.equals(LocalTime.MIN)) {
        return null;
      }
      time = next;
    } else if (day.isBefore(from.toLocalDate())) {
      return null;
    }
    LocalTime found = timeFrom(time);
    return found == null ? null : day.atTime(found).atZone(zone).toInstant();
  }

  /** All times of a day near a change of the offset. */
  private NavigableSet<Instant> instantsOf(LocalDate day, ZoneRules rules) {
    NavigableSet<Instant> all = new TreeSet<>();
    for (LocalTime time = timeFrom(LocalTime.MIN); time != null; time = after(time)) {
      LocalDateTime local = day.atTime(time);
      List<ZoneOffset> offsets = rules.getValidOffsets(local);
      if (offsets.isEmpty()) {
        if (!hours.every()) {
          all.add(rules.getTransition(local).getInstant());
        }
      } else {
        all.add(local.toInstant(offsets.get(0)));
        if (hours.every()) {
          all.add(local.toInstant(offsets.get(offsets.size() - 1)));
        }
      }
    }
    return all;
  }

  private @Nullable LocalTime after(LocalTime time) {
    LocalTime next = time.plusSeconds(1);
    return next.equals(LocalTime.MIN) ? null : timeFrom(next);
  }

  /** The first time of a day that matches, from {@code from} on. */
  private @Nullable LocalTime timeFrom(LocalTime from) {
    int second = seconds.next(from.getSecond());
    int minute = from.getMinute();
    int hour = from.getHour();
    if (second < 0 || !minutes.has(minute) || !hours.has(hour)) {
      second = seconds.next(0);
      minute = hours.has(hour) ? minutes.next(minute + 1) : -1;
      if (minute < 0) {
        minute = minutes.next(0);
        hour = hours.next(hour + 1);
      }
    }
    return hour < 0 ? null : LocalTime.of(hour, minute, second);
  }

  /** The expression and the zone. */
  @Override
  public String toString() {
    return expression + " " + zone;
  }
}
