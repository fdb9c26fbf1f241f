package io.perfkit.db.batch;

import java.lang.reflect.Array;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.temporal.TemporalAccessor;
import java.util.Collection;
import java.util.Date;
import java.util.UUID;

/**
 * What a column holds, as far as writing differs: the one Java class that its values have in the
 * buffer, so that equal values are equal and a column can become an array.
 */
enum Kind {
  LONG(Long.class),
  INT(Integer.class),
  SHORT(Short.class),
  DOUBLE(Double.class),
  FLOAT(Float.class),
  BOOLEAN(Boolean.class),
  TEXT(String.class),
  BYTES(byte[].class),
  DECIMAL(BigDecimal.class),
  /** A time of day on a date, without a zone: what has one is refused, since it would be lost. */
  LOCAL_TIME(String.class),
  /** A point in time: microseconds since 1970 as a Long; far from there, or if given so, a text. */
  INSTANT(Object.class),
  /** Whatever else the database reads from its text form: dates, UUIDs, JSON, enums, arrays. */
  TEXT_FORM(String.class),
  /** Whatever else the driver takes as an object. */
  OBJECT(Object.class);

  private static final int OBJECT_BYTES = 16;

  /** So far from 1970 all microseconds are exact in the double that PostgreSQL multiplies by. */
  private static final long INSTANT_SECONDS_MAX = 1L << 33;

  final Class<?> type;

  Kind(Class<?> type) {
    this.type = type;
  }

  /**
   * The value as it waits in the buffer.
   *
   * @throws IllegalArgumentException if it is no value of such a column; the message has its class
   *     but not the value
   */
  Object convert(Object value) {
    try {
      return switch (this) {
        case LONG -> value instanceof Long ? value : whole(value).longValueExact();
        case INT -> value instanceof Integer ? value : whole(value).intValueExact();
        case SHORT -> value instanceof Short ? value : whole(value).shortValueExact();
        case DOUBLE -> ((Number) value).doubleValue();
        case FLOAT -> ((Number) value).floatValue();
        case BOOLEAN -> (Boolean) value;
        case TEXT -> plainText(value);
        case BYTES -> ((byte[]) value).clone();
        case DECIMAL -> decimal(value);
        case LOCAL_TIME -> localTime(value);
        case INSTANT -> instant(value);
        case TEXT_FORM -> textForm(value);
        case OBJECT -> object(value);
      };
    } catch (ClassCastException | ArithmeticException | NumberFormatException mismatch) {
      throw new IllegalArgumentException(
          "a " + value.getClass().getName() + " (expected: what fits " + this + ")", mismatch);
    }
  }

  /** What stands for the value in a key: equal and ordered as it should be. */
  Object keyPart(Object converted) {
    return switch (this) {
      case BYTES -> ByteBuffer.wrap((byte[]) converted);
      case DECIMAL -> ((BigDecimal) converted).stripTrailingZeros();
      case OBJECT -> converted instanceof Comparable ? converted : converted.toString();
      default -> converted;
    };
  }

  /** About how much memory and wire it takes. */
  static int bytes(Object converted) {
    if (converted instanceof String text) {
      return OBJECT_BYTES + text.length();
    }
    return OBJECT_BYTES + (converted instanceof byte[] bytes ? bytes.length : 0);
  }

  private static BigInteger whole(Object value) {
    if (value instanceof Long || value instanceof Integer || value instanceof Short) {
      return BigInteger.valueOf(((Number) value).longValue());
    }
    return decimal(value).toBigIntegerExact();
  }

  private static BigDecimal decimal(Object value) {
    return value instanceof BigDecimal exact ? exact : new BigDecimal(((Number) value).toString());
  }

  private static String plainText(Object value) {
    if (value instanceof Enum<?> constant) {
      return constant.name();
    }
    if (value instanceof CharSequence || value instanceof Character || value instanceof UUID) {
      return value.toString();
    }
    throw new ClassCastException();
  }

  private static String localTime(Object value) {
    if (value instanceof Timestamp time) {
      return time.toLocalDateTime().toString();
    }
    return value instanceof LocalDateTime || value instanceof LocalDate
        ? value.toString()
        : plainText(value);
  }

  private static Object instant(Object value) {
    if (value instanceof Instant time) {
      return micros(time);
    }
    if (value instanceof Timestamp || value.getClass() == Date.class) {
      return micros(((Date) value).toInstant());
    }
    if (value instanceof ZonedDateTime time) {
      return micros(time.toInstant());
    }
    return value instanceof OffsetDateTime time ? micros(time.toInstant()) : localTime(value);
  }

  /** Rounded, as PostgreSQL rounds a text. */
  private static Object micros(Instant time) {
    long seconds = time.getEpochSecond();
    return Math.abs(seconds) < INSTANT_SECONDS_MAX
        ? (Object) (seconds * 1_000_000 + (time.getNano() + 500) / 1_000)
        : time.toString();
  }

  private static String textForm(Object value) {
    if (value instanceof Collection<?> elements) {
      return arrayForm(elements.toArray());
    }
    if (value.getClass().isArray()) {
      return arrayForm(value);
    }
    return value instanceof TemporalAccessor
            || value instanceof java.sql.Date
            || value instanceof java.sql.Time
            || value instanceof Number
            || value instanceof Boolean
        ? value.toString()
        : plainText(value);
  }

  /** An array as PostgreSQL reads it: {@code {"a","b\"c",NULL}}. */
  private static String arrayForm(Object array) {
    StringBuilder text = new StringBuilder("{");
    for (int i = 0; i < Array.getLength(array); i++) {
      text.append(i == 0 ? "" : ",");
      Object element = Array.get(array, i);
      if (element == null) {
        text.append("NULL");
      } else if (element instanceof Collection<?> || element.getClass().isArray()) {
        text.append(textForm(element));
      } else {
        String quoted = textForm(element).replace("\\", "\\\\").replace("\"", "\\\"");
        text.append('"').append(quoted).append('"');
      }
    }
    return text.append('}').toString();
  }

  private static Object object(Object value) {
    if (value instanceof Instant time) {
      return time.atOffset(ZoneOffset.UTC);
    }
    return value instanceof Enum<?> constant ? constant.name() : value;
  }
}
