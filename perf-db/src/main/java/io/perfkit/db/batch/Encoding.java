package io.perfkit.db.batch;

import java.math.BigDecimal;

/**
 * The form of a column's values in the buffer and on the wire: one Java class for each, so that
 * equal values are equal objects and a column can become an array.
 */
enum Encoding {
  LONG(Long.class, "int8"),
  INT(Integer.class, "int4"),
  SHORT(Short.class, "int2"),
  DOUBLE(Double.class, "float8"),
  FLOAT(Float.class, "float4"),
  BOOLEAN(Boolean.class, "bool"),
  TEXT(String.class, "text"),
  BYTES(byte[].class, "bytea"),
  /** A BigDecimal, or a text for NaN and the infinities. */
  DECIMAL(Object.class, "text"),
  DATE(String.class, "text"),
  /** A time of day without a zone; a value with a zone is refused, since the zone would be lost. */
  TIME(String.class, "text"),
  TIME_WITH_OFFSET(String.class, "text"),
  /** A time of day on a date, without a zone, as {@link #TIME}. */
  LOCAL_TIMESTAMP(String.class, "text"),
  /** A point in time: microseconds since 1970 as a Long; far from there, or if given so, a text. */
  INSTANT(Object.class, "int8"),
  UUID(String.class, "text"),
  JSON(String.class, "text"),
  HSTORE(String.class, "text"),
  ARRAY(String.class, "text"),
  /** Any other type that the database reads from text: enums, ranges, addresses. */
  LITERAL(String.class, "text"),
  /** On databases other than PostgreSQL: any other object that the driver accepts. */
  OBJECT(Object.class, "text");

  private static final int OBJECT_BYTES = 16;

  final Class<?> type;

  /** Element type of the array in which PostgreSQL receives the values. */
  final String sentAs;

  Encoding(Class<?> type, String sentAs) {
    this.type = type;
    this.sentAs = sentAs;
  }

  /** Whether the column's type has to be named where the value is written. */
  boolean needsCast() {
    return sentAs.equals("text") && this != TEXT;
  }

  /** Whether it may drop a part of a value: digits, a time of day, an offset. */
  boolean mayDrop() {
    return switch (this) {
      case FLOAT, DATE, TIME, TIME_WITH_OFFSET, LOCAL_TIMESTAMP -> true;
      default -> false;
    };
  }

  /** Estimated bytes of an encoded value, in memory and on the wire. */
  static int bytes(Object encoded) {
    if (encoded instanceof String text) {
      return OBJECT_BYTES + text.length();
    }
    if (encoded instanceof BigDecimal number) {
      return OBJECT_BYTES + number.precision();
    }
    return OBJECT_BYTES + (encoded instanceof byte[] bytes ? bytes.length : 0);
  }
}
