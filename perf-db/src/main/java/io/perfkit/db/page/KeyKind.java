package io.perfkit.db.page;

import java.math.BigDecimal;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.Objects;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The types of columns that an order may have: a cursor can carry their values, and a comparison
 * with a parameter orders them as ORDER BY does. The tag is in cursors, so it never changes.
 */
enum KeyKind {
  LONG(1),
  DECIMAL(2),
  DOUBLE(3),
  FLOAT(4),
  BOOLEAN(5),
  TEXT(6),
  UUID_VALUE(7),
  DATE(8),
  LOCAL_TIME(9),
  OFFSET_TIME(10),
  /** A type that only the database knows, such as an enum, as its text. */
  NAMED(11);

  final byte tag;

  KeyKind(int tag) {
    this.tag = (byte) tag;
  }

  /**
   * The kind of a column.
   *
   * @throws IllegalArgumentException if it is none of these
   */
  static KeyKind of(ResultSetMetaData metaData, int column) throws SQLException {
    String typeName = metaData.getColumnTypeName(column).toLowerCase(Locale.ROOT);
    return switch (typeName) {
      case "uuid" -> UUID_VALUE;
      case "timestamptz" -> OFFSET_TIME;
      case "bool", "boolean" -> BOOLEAN;
      // By name: to the driver, enums and domains are of the JDBC type VARCHAR as well.
      case "text", "varchar", "character varying" -> TEXT;
      default -> isNamed(metaData, column, typeName) ? NAMED : ofType(metaData, column, typeName);
    };
  }

  /** PostgreSQL compares a parameter without a type as the column's own type does. */
  private static boolean isNamed(ResultSetMetaData metaData, int column, String typeName)
      throws SQLException {
    if (!metaData.getClass().getName().startsWith("org.postgresql.")) {
      return false;
    }
    return switch (typeName) {
      case "bpchar", "time", "timetz", "citext" -> true;
      default -> metaData.getColumnType(column) == Types.VARCHAR; // an enum, or a domain of text
    };
  }

  private static KeyKind ofType(ResultSetMetaData metaData, int column, String typeName)
      throws SQLException {
    return switch (metaData.getColumnType(column)) {
      case Types.BIGINT, Types.INTEGER, Types.SMALLINT, Types.TINYINT -> LONG;
      case Types.NUMERIC, Types.DECIMAL -> DECIMAL;
      case Types.DOUBLE, Types.FLOAT -> DOUBLE;
      case Types.REAL -> FLOAT;
      case Types.DATE -> DATE;
      case Types.TIMESTAMP -> LOCAL_TIME;
      case Types.TIMESTAMP_WITH_TIMEZONE -> OFFSET_TIME;
      default ->
          throw new IllegalArgumentException(
              metaData.getColumnLabel(column)
                  + ": "
                  + typeName
                  + " (expected: a number, boolean, text, enum, uuid, date, time or timestamp"
                  + " to order by)");
    };
  }

  /** Whether values that differ may be equal in the database. */
  boolean hasCollation() {
    return this == TEXT || this == NAMED;
  }

  /** The kind of a tag, or null. */
  static @Nullable KeyKind ofTag(int tag) {
    for (KeyKind kind : values()) {
      if (kind.tag == tag) {
        return kind;
      }
    }
    return null;
  }

  /** The value of a row, so that what is equal in the database is equal here. */
  @Nullable Object read(ResultSet row, int column) throws SQLException {
    Object value =
        switch (this) {
          case LONG -> row.getLong(column);
          case DECIMAL -> decimal(row.getString(column));
          case DOUBLE -> row.getDouble(column) + 0.0; // no negative zero
          case FLOAT -> row.getFloat(column) + 0.0f;
          case BOOLEAN -> row.getBoolean(column);
          case TEXT, NAMED -> row.getString(column);
          case UUID_VALUE -> row.getObject(column, UUID.class);
          case DATE -> row.getObject(column, LocalDate.class);
          case LOCAL_TIME -> row.getObject(column, LocalDateTime.class);
          case OFFSET_TIME -> inUtc(row.getObject(column, OffsetDateTime.class));
        };
    return row.wasNull() ? null : value;
  }

  /** A BigDecimal, or a text for NaN and the infinities. */
  private static @Nullable Object decimal(@Nullable String text) {
    if (text == null) {
      return null;
    }
    boolean special = text.equals("NaN") || text.endsWith("Infinity");
    return special ? text : new BigDecimal(text).stripTrailingZeros();
  }

  /** The value in UTC; the extreme values stay, since they stand for infinity. */
  private static @Nullable OffsetDateTime inUtc(@Nullable OffsetDateTime value) {
    return value == null || value.equals(OffsetDateTime.MAX) || value.equals(OffsetDateTime.MIN)
        ? value
        : value.withOffsetSameInstant(ZoneOffset.UTC);
  }

  void bind(PreparedStatement statement, int index, Object value) throws SQLException {
    switch (this) {
      case LONG -> statement.setLong(index, (Long) value);
      case DECIMAL -> {
        if (value instanceof BigDecimal number) {
          statement.setBigDecimal(index, number);
        } else {
          statement.setObject(index, value, Types.OTHER);
        }
      }
      case NAMED -> statement.setObject(index, value, Types.OTHER);
      case DOUBLE -> statement.setDouble(index, (Double) value);
      case FLOAT -> statement.setFloat(index, (Float) value);
      case BOOLEAN -> statement.setBoolean(index, (Boolean) value);
      case TEXT -> statement.setString(index, (String) value);
      default -> statement.setObject(index, value);
    }
  }

  /** What {@link Object#toString} made of such a value. Throws whatever if it did not. */
  Object parse(String text) {
    return switch (this) {
      case LONG -> Long.valueOf(text);
      case DECIMAL -> Objects.requireNonNull(decimal(text));
      case DOUBLE -> Double.valueOf(text);
      case FLOAT -> Float.valueOf(text);
      case BOOLEAN -> Boolean.valueOf(text);
      case TEXT, NAMED -> text;
      case UUID_VALUE -> UUID.fromString(text);
      case DATE -> LocalDate.parse(text);
      case LOCAL_TIME -> LocalDateTime.parse(text);
      case OFFSET_TIME -> OffsetDateTime.parse(text);
    };
  }
}
