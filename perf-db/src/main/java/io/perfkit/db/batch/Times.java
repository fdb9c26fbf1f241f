package io.perfkit.db.batch;

import java.sql.Timestamp;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.time.OffsetTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.ChronoUnit;
import java.util.Calendar;
import java.util.Date;
import java.util.GregorianCalendar;
import java.util.Locale;
import java.util.TimeZone;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Converts dates and times to the text that PostgreSQL reads and its driver writes: in
 * microseconds, rounded; years before Christ and after 9999; the largest and smallest values of
 * Java as the infinities. A zone that the column can't hold is a ClassCastException, a time that no
 * column holds is a DateTimeException.
 */
@SuppressWarnings({"JavaUtilDate", "JavaInstantGetSecondsGetNano"}) // what the driver takes, too
final class Times {
  static final String INFINITY = "infinity";
  static final String MINUS_INFINITY = "-infinity";

  /** The milliseconds that the driver gives a Date or Timestamp that stands for infinity. */
  private static final long INFINITY_MILLIS = 9223372036825200000L;

  private static final long MINUS_INFINITY_MILLIS = -9223372036832400000L;

  /** Before it PostgreSQL has no date, and its driver writes an infinity. */
  private static final LocalDate FIRST = LocalDate.of(-4712, 1, 1);

  private static final LocalDate LAST = LocalDate.of(5_874_897, 12, 31);
  private static final Duration HALF_SECOND = Duration.ofMillis(500);

  /** So far from 1970 all microseconds are exact in the double that PostgreSQL multiplies by. */
  private static final long INSTANT_SECONDS_MAX = 1L << 33;

  private static final Pattern TEXT =
      Pattern.compile(
          "\\s*(\\d{4,6})-(\\d{1,2})-(\\d{1,2})"
              + "(?:[ T]+(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.(\\d{1,9}))?)?)?"
              + "\\s*(Z|[+-]\\d{2}(?::?\\d{2})?)?\\s*(BC)?\\s*");

  private Times() {}

  static String date(Object value) {
    if (value instanceof LocalDate date) {
      return text(date);
    }
    if (value instanceof LocalDateTime time) {
      return isInfinite(time) ? infinity(time.getYear()) : text(rounded(time).toLocalDate());
    }
    LocalDateTime time = fields(value);
    return time == null ? infinity((Date) value) : text(rounded(time).toLocalDate());
  }

  static String localTimestamp(Object value) {
    if (value instanceof LocalDate date) {
      return isInfinite(date) ? infinity(date.getYear()) : text(date.atStartOfDay());
    }
    if (value instanceof LocalDateTime time) {
      return text(time);
    }
    LocalDateTime time = fields(value);
    return time == null ? infinity((Date) value) : text(time);
  }

  /** Microseconds since 1970 as a Long, or a text. */
  static Object instant(Object value) {
    if (value instanceof Instant time) {
      return time.equals(Instant.MAX) || time.equals(Instant.MIN)
          ? infinity(time.equals(Instant.MAX) ? 1 : -1)
          : micros(time);
    }
    if (value instanceof OffsetDateTime time) {
      // The driver takes what is half a second from the ends for infinite, too.
      if (time.isAfter(OffsetDateTime.MAX.minus(HALF_SECOND))
          || time.isBefore(OffsetDateTime.MIN.plus(HALF_SECOND))) {
        return infinity(time.getYear());
      }
      return micros(time.toInstant());
    }
    if (value instanceof ZonedDateTime time) {
      return micros(time.toInstant());
    }
    if (value instanceof Timestamp || value instanceof java.sql.Date) {
      LocalDateTime time = fields(value);
      return time == null
          ? infinity((Date) value)
          : micros(time.toInstant(offsetAt(((Date) value).getTime())));
    }
    return value.getClass() == Date.class
        ? micros(((Date) value).toInstant())
        : localTimestamp(requireLocal(value));
  }

  private static Object requireLocal(Object value) {
    if (value instanceof LocalDate || value instanceof LocalDateTime) {
      return value;
    }
    throw new ClassCastException();
  }

  static String time(Object value) {
    if (value instanceof java.sql.Time time) {
      return text(fields(time.getTime(), 0).toLocalTime());
    }
    return text((LocalTime) value);
  }

  static String timeWithOffset(Object value) {
    if (value instanceof OffsetTime time) {
      // The driver does not round it.
      LocalTime whole = time.toLocalTime().truncatedTo(ChronoUnit.MICROS);
      String text = text(time.toLocalTime());
      return (text.startsWith("24") ? text : clock(whole)) + offset(time.getOffset());
    }
    if (value instanceof java.sql.Time time) {
      return time(value) + offset(offsetAt(time.getTime()));
    }
    return time(value);
  }

  /** A Timestamp or Date as the driver's calendar has it; null if it is infinite. */
  private static @Nullable LocalDateTime fields(Object value) {
    if (!(value instanceof Timestamp || value instanceof java.sql.Date)) {
      throw new ClassCastException();
    }
    long millis = ((Date) value).getTime();
    if (millis == INFINITY_MILLIS || millis == MINUS_INFINITY_MILLIS) {
      return null;
    }
    return value instanceof Timestamp time
        ? fields(millis, time.getNanos())
        : fields(millis, 0).toLocalDate().atStartOfDay();
  }

  private static String infinity(Date infinite) {
    return infinity(infinite.getTime());
  }

  /** In the JVM's zone and, before 1582, in the Julian calendar, as the driver has them. */
  private static LocalDateTime fields(long millis, int nanos) {
    Calendar calendar = new GregorianCalendar(TimeZone.getDefault());
    calendar.setTimeInMillis(millis);
    int year = calendar.get(Calendar.YEAR);
    return LocalDateTime.of(
            calendar.get(Calendar.ERA) == GregorianCalendar.BC ? 1 - year : year,
            calendar.get(Calendar.MONTH) + 1,
            calendar.get(Calendar.DAY_OF_MONTH),
            calendar.get(Calendar.HOUR_OF_DAY),
            calendar.get(Calendar.MINUTE),
            calendar.get(Calendar.SECOND))
        .plusNanos(nanos == 0 ? calendar.get(Calendar.MILLISECOND) * 1_000_000L : nanos);
  }

  private static ZoneOffset offsetAt(long millis) {
    return ZoneOffset.ofTotalSeconds(TimeZone.getDefault().getOffset(millis) / 1_000);
  }

  private static boolean isInfinite(LocalDate date) {
    return date.equals(LocalDate.MAX) || date.equals(LocalDate.MIN);
  }

  private static boolean isInfinite(LocalDateTime time) {
    return time.equals(LocalDateTime.MAX) || time.equals(LocalDateTime.MIN);
  }

  private static String infinity(long sign) {
    return sign > 0 ? INFINITY : MINUS_INFINITY;
  }

  private static String text(LocalDate date) {
    if (isInfinite(date)) {
      return infinity(date.getYear());
    }
    String era = date.getYear() > 0 ? "" : " BC";
    return day(date) + era;
  }

  private static String day(LocalDate date) {
    if (date.isBefore(FIRST) || date.isAfter(LAST)) {
      throw new DateTimeException("out of range");
    }
    int year = date.getYear() > 0 ? date.getYear() : 1 - date.getYear();
    return String.format(
        Locale.ROOT, "%04d-%02d-%02d", year, date.getMonthValue(), date.getDayOfMonth());
  }

  private static String text(LocalDateTime time) {
    if (isInfinite(time)) {
      return infinity(time.getYear());
    }
    LocalDateTime rounded = rounded(time);
    String era = rounded.getYear() > 0 ? "" : " BC";
    return day(rounded.toLocalDate()) + " " + clock(rounded.toLocalTime()) + era;
  }

  private static LocalDateTime rounded(LocalDateTime time) {
    return time.plusNanos(500).truncatedTo(ChronoUnit.MICROS);
  }

  private static String text(LocalTime time) {
    LocalTime rounded = time.plusNanos(500).truncatedTo(ChronoUnit.MICROS);
    return rounded.isBefore(time.truncatedTo(ChronoUnit.MICROS)) ? "24:00:00" : clock(rounded);
  }

  private static String clock(LocalTime time) {
    String text =
        String.format(
            Locale.ROOT, "%02d:%02d:%02d", time.getHour(), time.getMinute(), time.getSecond());
    return time.getNano() == 0
        ? text
        : text
            + ("." + String.format(Locale.ROOT, "%06d", time.getNano() / 1_000))
                .replaceAll("0+$", "");
  }

  private static String offset(ZoneOffset offset) {
    return offset.equals(ZoneOffset.UTC) ? "+00:00" : offset.getId();
  }

  private static Object micros(Instant time) {
    long seconds = time.getEpochSecond();
    if (Math.abs(seconds) < INSTANT_SECONDS_MAX) {
      return seconds * 1_000_000 + (time.getNano() + 500) / 1_000;
    }
    LocalDateTime utc = LocalDateTime.ofInstant(time, ZoneOffset.UTC);
    String text = text(utc);
    return text.endsWith(" BC") ? text.substring(0, text.length() - 3) + "+00 BC" : text + "+00";
  }

  /**
   * The canonical form of a text, equal for equal values.
   *
   * @throws DateTimeException if the text is not ISO 8601, or if a point in time has no offset
   */
  static Object canonical(Encoding encoding, String text) {
    String word = text.strip();
    if (word.equalsIgnoreCase(INFINITY) || word.equalsIgnoreCase(MINUS_INFINITY)) {
      return infinity(word.startsWith("-") ? -1 : 1);
    }
    Matcher parts = TEXT.matcher(text);
    boolean hasOffset = parts.matches() && parts.group(8) != null;
    if (!parts.matches() || hasOffset != (encoding == Encoding.INSTANT)) {
      throw new DateTimeException("not in ISO 8601");
    }
    int year = Integer.parseInt(parts.group(1));
    LocalDate date =
        LocalDate.of(
            parts.group(9) == null ? year : 1 - year,
            Integer.parseInt(parts.group(2)),
            Integer.parseInt(parts.group(3)));
    LocalDateTime time = date.atStartOfDay();
    if (parts.group(4) != null) {
      String seconds = parts.group(6) == null ? "0" : parts.group(6);
      String fraction = parts.group(7) == null ? "" : parts.group(7);
      time =
          time.plusHours(Long.parseLong(parts.group(4)))
              .plusMinutes(Long.parseLong(parts.group(5)))
              .plusSeconds(Long.parseLong(seconds))
              .plusNanos(Long.parseLong((fraction + "000000000").substring(0, 9)));
    }
    return switch (encoding) {
      case DATE -> text(time.toLocalDate());
      case LOCAL_TIMESTAMP -> text(time);
      default -> micros(time.toInstant(zone(parts.group(8))));
    };
  }

  private static ZoneOffset zone(String offset) {
    return ZoneOffset.of(
        offset.length() == 5 && !offset.contains(":")
            ? offset.substring(0, 3) + ":" + offset.substring(3)
            : offset);
  }
}
