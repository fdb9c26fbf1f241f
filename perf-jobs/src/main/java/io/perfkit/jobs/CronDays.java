package io.perfkit.jobs;

import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.temporal.TemporalAdjusters;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The two day fields of a cron expression. As in Vixie's cron, a day matches if it matches either
 * field, when both are restricted. Immutable after its parsing.
 */
final class CronDays {
  private static final List<String> WEEK = List.of("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT");

  private final CronField ofMonth = new CronField("day of month", 1, 31, List.of());
  private final CronField ofWeek = new CronField("day of week", 0, 7, WEEK);
  private final List<Special> monthSpecials = new ArrayList<>();
  private final List<Special> weekSpecials = new ArrayList<>();

  /** A day that depends on the month. */
  private interface Special {
    boolean is(LocalDate day);
  }

  CronDays(String dayOfMonth, String dayOfWeek) {
    for (String part : dayOfMonth.split(",", -1)) {
      addOfMonth(part);
    }
    for (String part : dayOfWeek.split(",", -1)) {
      addOfWeek(part);
    }
    ofWeek.fold(7, 0);
  }

  private void addOfMonth(String part) {
    String text = part.toUpperCase(Locale.ROOT);
    if (text.equals("L")) {
      special(true, day -> day.getDayOfMonth() == day.lengthOfMonth());
    } else if (text.equals("LW")) {
      special(true, day -> day.equals(workday(day.withDayOfMonth(day.lengthOfMonth()))));
    } else if (text.endsWith("W") && text.length() > 1) {
      int number = single(ofMonth, text.substring(0, text.length() - 1), 1, 31);
      special(
          true,
          day -> number <= day.lengthOfMonth() && day.equals(workday(day.withDayOfMonth(number))));
    } else {
      ofMonth.add(part);
    }
  }

  private void addOfWeek(String part) {
    String text = part.toUpperCase(Locale.ROOT);
    int hash = text.indexOf('#');
    if (hash > 0) {
      DayOfWeek week = weekday(text.substring(0, hash));
      int nth = single(ofWeek, text.substring(hash + 1), 1, 5);
      special(false, day -> day.getDayOfWeek() == week && (day.getDayOfMonth() - 1) / 7 + 1 == nth);
    } else if (text.endsWith("L") && text.length() > 1) {
      DayOfWeek week = weekday(text.substring(0, text.length() - 1));
      special(false, day -> day.equals(day.with(TemporalAdjusters.lastInMonth(week))));
    } else {
      ofWeek.add(part);
    }
  }

  private void special(boolean month, Special special) {
    (month ? monthSpecials : weekSpecials).add(special);
    (month ? ofMonth : ofWeek).restrict();
  }

  private static int single(CronField field, String text, int min, int max) {
    if (!text.matches("[0-9]{1,2}")
        || Integer.parseInt(text) < min
        || Integer.parseInt(text) > max) {
      throw field.refused(text);
    }
    return Integer.parseInt(text);
  }

  private DayOfWeek weekday(String text) {
    int word = WEEK.indexOf(text);
    int number = word >= 0 ? word : single(ofWeek, text, 0, 7);
    return number == 0 ? DayOfWeek.SUNDAY : DayOfWeek.of(number);
  }

  /** The weekday that is next to a day, within its month. */
  private static LocalDate workday(LocalDate day) {
    return switch (day.getDayOfWeek()) {
      case SATURDAY -> day.getDayOfMonth() == 1 ? day.plusDays(2) : day.minusDays(1);
      case SUNDAY ->
          day.getDayOfMonth() == day.lengthOfMonth() ? day.minusDays(2) : day.plusDays(1);
      default -> day;
    };
  }

  boolean match(LocalDate day) {
    boolean month =
        ofMonth.has(day.getDayOfMonth())
            || monthSpecials.stream().anyMatch(special -> special.is(day));
    boolean week =
        ofWeek.has(day.getDayOfWeek().getValue() % 7)
            || weekSpecials.stream().anyMatch(special -> special.is(day));
    if (ofMonth.every() || ofWeek.every()) {
      return month && week;
    }
    return month || week;
  }
}
