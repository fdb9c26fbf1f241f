package io.perfkit.db.batch;

import io.perfkit.db.batch.ColumnType.Comparison;
import io.perfkit.db.internal.OwnSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * Reads the types of a table's columns from PostgreSQL's catalog, and resolves domains and arrays.
 */
final class PostgresTypes {
  private static final String REACHABLE_TYPES =
      """
      WITH RECURSIVE used AS (
        SELECT atttypid AS oid FROM pg_attribute
        WHERE attrelid = to_regclass(?) AND attnum > 0 AND NOT attisdropped
        UNION
        SELECT inner_type FROM used JOIN pg_type t ON t.oid = used.oid
        CROSS JOIN LATERAL (
          VALUES (t.typbasetype),
            ((SELECT e.oid FROM pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid))
        ) AS inner_types(inner_type)
        WHERE inner_type <> 0)
      SELECT t.oid, t.typname, format_type(t.oid, -1), t.typtype = 'd', t.typbasetype, t.typtypmod,
             coalesce((SELECT e.oid FROM pg_type e WHERE e.oid = t.typelem AND e.typarray = t.oid), 0),
             t.typcategory, t.typdelim
      FROM used JOIN pg_type t ON t.oid = used.oid
      """;

  /** What PostgreSQL adds to the length of a text or the scale of a decimal in a type modifier. */
  private static final int HEADER = 4;

  private static final int SCALE_BITS = 0x7FF;
  private static final int SCALE_SIGN = 0x400;
  private static final int MICROSECONDS = 6;
  private static final Set<String> TEXT_NAMES =
      Set.of("text", "varchar", "character varying", "bpchar", "character");

  private record Found(
      String name,
      String sqlName,
      boolean domain,
      long base,
      int modifier,
      long element,
      char category,
      String delimiter) {}

  private final Map<Long, Found> found = new HashMap<>();

  private PostgresTypes() {}

  static PostgresTypes of(Connection connection, String table) throws SQLException {
    PostgresTypes types = new PostgresTypes();
    try (PreparedStatement statement = connection.prepareStatement(OwnSql.of(REACHABLE_TYPES))) {
      statement.setString(1, table);
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          types.found.put(
              rows.getLong(1),
              new Found(
                  rows.getString(2),
                  rows.getString(3),
                  rows.getBoolean(4),
                  rows.getLong(5),
                  rows.getInt(6),
                  rows.getLong(7),
                  rows.getString(8).charAt(0),
                  rows.getString(9)));
        }
      }
    }
    return types;
  }

  /**
   * A column's type.
   *
   * @param modifier the column's type modifier (its length or scale), or -1
   * @param deterministic whether its collation treats only identical texts as equal
   */
  ColumnType type(long oid, int modifier, boolean deterministic) {
    Found declared = get(oid);
    Set<String> names = new HashSet<>();
    Found type = declared;
    int declaredModifier = modifier;
    addNames(names, type);
    while (type.domain()) {
      declaredModifier = Math.max(declaredModifier, type.modifier());
      type = get(type.base());
      addNames(names, type);
    }
    ColumnType element = type.element() == 0 ? null : type(type.element(), -1, deterministic);
    Encoding encoding = element == null ? encoding(type.name()) : Encoding.ARRAY;
    if (encoding == Encoding.TEXT) {
      names.addAll(TEXT_NAMES);
    }
    if (type.name().equals("jsonb")) {
      names.add("json");
    }
    return new ColumnType(
        encoding,
        declared.sqlName(),
        type.sqlName(),
        names,
        type.category(),
        limit(encoding, declaredModifier),
        comparison(encoding, type.name(), declaredModifier, deterministic),
        type.delimiter(),
        element);
  }

  private Found get(long oid) {
    Found there = found.get(oid);
    if (there == null) {
      throw new IllegalStateException("type " + oid + " (expected: one of the table's)");
    }
    return there;
  }

  private static void addNames(Set<String> names, Found type) {
    names.add(type.name().toLowerCase(Locale.ROOT));
    String sqlName = type.sqlName().toLowerCase(Locale.ROOT).replace("\"", "");
    names.add(sqlName);
    names.add(sqlName.substring(sqlName.indexOf('.') + 1));
  }

  private static Encoding encoding(String typeName) {
    return switch (typeName) {
      case "int8" -> Encoding.LONG;
      case "int4" -> Encoding.INT;
      case "int2" -> Encoding.SHORT;
      case "float8" -> Encoding.DOUBLE;
      case "float4" -> Encoding.FLOAT;
      case "bool" -> Encoding.BOOLEAN;
      case "text", "varchar", "bpchar" -> Encoding.TEXT;
      case "bytea" -> Encoding.BYTES;
      case "numeric" -> Encoding.DECIMAL;
      case "date" -> Encoding.DATE;
      case "time" -> Encoding.TIME;
      case "timetz" -> Encoding.TIME_WITH_OFFSET;
      case "timestamp" -> Encoding.LOCAL_TIMESTAMP;
      case "timestamptz" -> Encoding.INSTANT;
      case "uuid" -> Encoding.UUID;
      case "json", "jsonb" -> Encoding.JSON;
      case "hstore" -> Encoding.HSTORE;
      default -> Encoding.LITERAL;
    };
  }

  private static int limit(Encoding encoding, int modifier) {
    if (modifier < HEADER) {
      return ColumnType.UNLIMITED;
    }
    return switch (encoding) {
      case TEXT -> modifier - HEADER;
      case DECIMAL -> (((modifier - HEADER) & SCALE_BITS) ^ SCALE_SIGN) - SCALE_SIGN;
      default -> ColumnType.UNLIMITED;
    };
  }

  private static Comparison comparison(
      Encoding encoding, String typeName, int modifier, boolean deterministic) {
    return switch (encoding) {
      case LONG, INT, SHORT, DOUBLE, FLOAT, BOOLEAN, BYTES, DECIMAL, UUID, DATE -> Comparison.EXACT;
      case TEXT -> {
        if (!deterministic) {
          yield Comparison.DATABASE;
        }
        yield typeName.equals("bpchar") ? Comparison.PADDED : Comparison.EXACT;
      }
      case LOCAL_TIMESTAMP, INSTANT ->
          modifier < 0 || modifier == MICROSECONDS ? Comparison.EXACT : Comparison.DATABASE;
      default -> Comparison.DATABASE;
    };
  }
}
