package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.sql.SQLXML;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The type of a column in the database, with domains resolved. Encodes a value as the driver itself
 * would write it, or refuses it. Immutable.
 *
 * @param shown the declared type, for messages
 * @param sqlType the type with domains resolved and without a length, for casts from text
 * @param names names that values of the driver may give the type
 * @param category PostgreSQL's category of types: N for numbers, S for texts, T for time spans
 * @param limit length of a text, or scale of a decimal; {@link #UNLIMITED} if there is none
 * @param comparison whether values that differ may be equal in the database
 * @param delimiter between elements of an array of it
 * @param element the elements' type if it is an array
 */
record ColumnType(
    Encoding encoding,
    String shown,
    String sqlType,
    Set<String> names,
    char category,
    int limit,
    Comparison comparison,
    String delimiter,
    @Nullable ColumnType element) {

  /** How far Java can tell which values are equal in the database. */
  enum Comparison {
    /** Equal in the database exactly if their key parts are equal. */
    EXACT,
    /** The same except for trailing spaces. */
    PADDED,
    /** Only the database can tell: a collation, or a type with several forms of one value. */
    DATABASE
  }

  static final int UNLIMITED = Integer.MIN_VALUE;

  ColumnType {
    names = Set.copyOf(names);
  }

  /** A type of which only the encoding matters. */
  static ColumnType of(Encoding encoding, String name, Comparison comparison) {
    return new ColumnType(encoding, name, name, Set.of(), 'U', UNLIMITED, comparison, ",", null);
  }

  /**
   * The value in the form that the buffer holds; null for a driver's value that stands for null.
   *
   * @throws IllegalArgumentException if the value does not fit the column; the message names its
   *     class but not the value
   */
  @Nullable Object encode(Object value) {
    try {
      return encoded(value);
    } catch (ClassCastException
        | ArithmeticException
        | NumberFormatException
        | DateTimeException mismatch) {
      throw new IllegalArgumentException(
          "a " + value.getClass().getName() + " (expected: what fits " + encoding + ")", mismatch);
    }
  }

  private @Nullable Object encoded(Object value) {
    return switch (encoding) {
      case LONG -> value instanceof Long ? value : Numbers.whole(value).longValueExact();
      case INT -> value instanceof Integer ? value : Numbers.whole(value).intValueExact();
      case SHORT -> value instanceof Short ? value : Numbers.whole(value).shortValueExact();
      case DOUBLE -> Numbers.toDouble(value);
      case FLOAT -> Numbers.toFloat(value);
      case BOOLEAN -> (Boolean) value;
      case BYTES -> ((byte[]) value).clone();
      case DECIMAL -> Numbers.toDecimal(value);
      case OBJECT -> object(value);
      default -> textual(value);
    };
  }

  /** Of what the database also reads from a text of the host. */
  private @Nullable Object textual(Object value) {
    if (value instanceof CharSequence || value instanceof Character) {
      return value.toString();
    }
    DriverValue ofDriver = DriverValue.of(value);
    if (ofDriver != null) {
      if (!names.contains(ofDriver.type())) {
        throw new ClassCastException();
      }
      return ofDriver.text();
    }
    return switch (encoding) {
      case TEXT -> plainText(value);
      case DATE -> Times.date(value);
      case TIME -> Times.time(value);
      case TIME_WITH_OFFSET -> Times.timeWithOffset(value);
      case LOCAL_TIMESTAMP -> Times.localTimestamp(value);
      case INSTANT -> Times.instant(value);
      case UUID -> ((java.util.UUID) value).toString();
      case JSON -> value instanceof Boolean ? value.toString() : Numbers.text((Number) value);
      case HSTORE -> hstore((Map<?, ?>) value);
      case ARRAY -> ArrayText.of(value, requireNonNull(element));
      default -> literal(value);
    };
  }

  private static String plainText(Object value) {
    if (value instanceof Number number) {
      return Numbers.text(number);
    }
    return value instanceof Boolean || value instanceof java.util.UUID
        ? value.toString()
        : ((Enum<?>) value).name();
  }

  private String literal(Object value) {
    if (category == 'N' && value instanceof Number number) {
      return Numbers.text(number);
    }
    if (category == 'S' && (!(value instanceof Boolean) || names.contains("citext"))) {
      return plainText(value); // of a boolean a name keeps one letter
    }
    if (category == 'T' && value instanceof LocalTime) {
      return Times.time(value);
    }
    return value instanceof SQLXML xml ? text(xml) : ((Enum<?>) value).name();
  }

  private static String text(SQLXML xml) {
    try {
      return xml.getString();
    } catch (SQLException failure) {
      throw new IllegalArgumentException(
          "a " + xml.getClass().getName() + " (expected: one that can be read)", failure);
    }
  }

  /** The map in the text form of hstore. */
  private static String hstore(Map<?, ?> pairs) {
    return pairs.entrySet().stream()
        .map(
            pair ->
                quoted(String.valueOf(pair.getKey()))
                    + "=>"
                    + (pair.getValue() == null ? "NULL" : quoted(pair.getValue().toString())))
        .collect(joining(","));
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static Object object(Object value) {
    if (value instanceof Instant time) {
      return time.atOffset(ZoneOffset.UTC);
    }
    return value instanceof Enum<?> constant ? constant.name() : value;
  }

  /** The value in the database's text form. */
  @Nullable String text(Object value) {
    Object encoded = encode(value);
    if (encoded instanceof byte[] bytes) {
      return "\\x" + HexFormat.of().formatHex(bytes);
    }
    if (encoding == Encoding.INSTANT && encoded instanceof Long micros) {
      return instant(micros).toString();
    }
    return encoded == null ? null : encoded.toString();
  }

  private static Instant instant(long micros) {
    return Instant.ofEpochSecond(
        Math.floorDiv(micros, 1_000_000L), Math.floorMod(micros, 1_000_000L) * 1_000);
  }

  /**
   * What another type encoded, in the form of this one.
   *
   * @throws IllegalArgumentException if the value does not fit
   */
  @Nullable Object recode(ColumnType before, Object encoded) {
    if (equals(before)) {
      return encoded;
    }
    if (before.encoding == Encoding.INSTANT && encoded instanceof Long micros) {
      return encode(instant(micros));
    }
    return switch (encoding) {
      case LONG, INT, SHORT, DOUBLE, FLOAT, DECIMAL ->
          encode(encoded instanceof String text ? Numbers.parsed(text) : encoded);
      default -> encode(encoded);
    };
  }

  /** Types of one form have the same key parts for the same values. */
  String keyForm() {
    return switch (encoding) {
      case LONG, INT, SHORT -> Encoding.LONG + " " + comparison;
      default -> encoding + " " + comparison;
    };
  }

  /** Whether rows whose key parts differ have keys that differ in the database. */
  boolean isComparable() {
    return comparison != Comparison.DATABASE;
  }

  /**
   * What represents a value in a key: equal and ordered as the database compares it.
   *
   * @throws IllegalArgumentException if Java cannot tell which values it will equal
   */
  Object keyPart(Object value, Object encoded) {
    if (!isComparable()) {
      return encoded;
    }
    if (encoded instanceof String text) {
      return switch (encoding) {
        case DATE, LOCAL_TIMESTAMP -> value instanceof String ? canonicalTime(value, text) : text;
        case INSTANT -> canonicalTime(value, text);
        case UUID -> text.replaceAll("[-{}\\s]", "").toLowerCase(Locale.ROOT);
        case TEXT -> storedText(text);
        default -> text;
      };
    }
    if (encoded instanceof BigDecimal number) {
      BigDecimal stored =
          limit == UNLIMITED ? number : number.setScale(limit, RoundingMode.HALF_UP);
      return stored.stripTrailingZeros();
    }
    if (encoded instanceof Integer || encoded instanceof Short) {
      return ((Number) encoded).longValue(); // as it would be once the column is a bigint
    }
    if (encoded instanceof Double number) {
      return number + 0.0; // two zeros are equal in the database
    }
    if (encoded instanceof Float number) {
      return number + 0.0f;
    }
    if (encoded instanceof byte[] bytes) {
      return ByteBuffer.wrap(bytes);
    }
    return encoded instanceof Comparable ? encoded : encoded.toString();
  }

  private Object canonicalTime(Object value, String text) {
    try {
      return Times.canonical(encoding, text);
    } catch (DateTimeException mismatch) {
      throw new IllegalArgumentException(
          "a "
              + value.getClass().getName()
              + " (expected: ISO 8601"
              + (encoding == Encoding.INSTANT ? " with an offset" : "")
              + ", since it is part of the key)",
          mismatch);
    }
  }

  /** Cuts spaces beyond the column's length, and those that the column pads with. */
  private String storedText(String text) {
    int end = text.length();
    while (end > 0
        && text.charAt(end - 1) == ' '
        && (comparison == Comparison.PADDED
            || (limit != UNLIMITED && text.codePointCount(0, end) > limit))) {
      end--;
    }
    return text.substring(0, end);
  }
}
