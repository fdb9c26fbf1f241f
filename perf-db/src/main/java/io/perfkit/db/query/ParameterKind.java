package io.perfkit.db.query;

import java.io.InputStream;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Blob;
import java.time.temporal.Temporal;
import java.util.Date;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Kind of a parameter, kept besides a hash and never with its value. At most 7, to fit 3 bits. */
enum ParameterKind {
  NULL(1),
  NUMBER(2),
  TEXT(3),
  BOOLEAN(4),
  TIME(5),
  BYTES(6),
  OTHER(7);

  private static final ParameterKind[] ALL = values();

  private final int code;

  ParameterKind(int code) {
    this.code = code;
  }

  static ParameterKind of(@Nullable Object value) {
    if (value == null) {
      return NULL;
    } else if (value instanceof String) {
      return TEXT;
    } else if (value instanceof Number) {
      return NUMBER;
    } else if (value instanceof Boolean) {
      return BOOLEAN;
    } else if (value instanceof Temporal || value instanceof Date) {
      return TIME;
    } else if (value instanceof byte[] || value instanceof InputStream || value instanceof Blob) {
      return BYTES;
    }
    return OTHER;
  }

  /** A hash, equal for equal values of known types; runs no code of the caller. */
  static int hash(@Nullable Object value) {
    boolean known =
        value instanceof String
            || value instanceof Long
            || value instanceof Integer
            || value instanceof Short
            || value instanceof Byte
            || value instanceof Double
            || value instanceof Float
            || value instanceof Boolean
            || value instanceof BigDecimal
            || value instanceof BigInteger
            || value instanceof UUID
            || value instanceof Enum<?>
            || (value instanceof Temporal && value.getClass().getName().startsWith("java.time."))
            || (value instanceof Date && value.getClass().getName().startsWith("java."));
    return known ? Objects.hashCode(value) : System.identityHashCode(value);
  }

  /** In 3 bits, 0 being none. */
  int code() {
    return code;
  }

  static String label(int code) {
    return ALL[code - 1].name().toLowerCase(Locale.ROOT);
  }
}
