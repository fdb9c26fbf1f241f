package io.perfkit.db.batch;

import java.math.BigDecimal;

/**
 * The form in which values of a column wait in the buffer and travel to the database: one Java
 * class for each, so that equal values are equal and a column can become an array.
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
  /** A BigDecimal, or the text of what is none: NaN and the infinities. */
  DECIMAL(Object.class, "text"),
  DATE(String.class, "text"),
  /** A time of day without a zone: what has one is refused, since it would be lost. */
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
  /** Whatever else the database reads from its text form: enums, ranges, addresses. */
  LITERAL(String.class, "text"),
  /** On databases other than PostgreSQL: whatever else the driver takes as an object. */
  OBJECT(Object.class, "text");

  private static final int OBJECT_BYTES = 16;

  final Class<?> type;

  /** As what PostgreSQL gets the values, as an array. */
  final String sentAs;

  Encoding(Class<?> type, String sentAs) {
    this.type = type;
    this.sentAs = sentAs;
  }

  /** Whether the column's type has to be named where the value is written. */
  boolean needsCast() {
    return sentAs.equals("text") && this != TEXT;
  }

  /** About how much memory and wire an encoded value takes. */
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
