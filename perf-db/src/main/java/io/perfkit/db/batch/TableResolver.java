package io.perfkit.db.batch;

import static java.util.Objects.requireNonNull;
import static java.util.stream.Collectors.joining;

import io.perfkit.db.batch.BatchTable.Column;
import io.perfkit.db.batch.ColumnType.Comparison;
import io.perfkit.db.internal.OwnSql;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Resolves a {@link BatchTable} against the database's catalog, or reports what does not fit. At
 * most three statements.
 */
final class TableResolver {
  private static final String POSTGRES_COLUMNS =
      """
      SELECT a.attname, quote_ident(a.attname), a.atttypid, a.atttypmod,
             coalesce(l.collisdeterministic, true), a.attcollation,
             a.attgenerated <> '' OR a.attidentity = 'a', format('%I.%I', n.nspname, c.relname),
             EXISTS (SELECT FROM pg_rewrite r WHERE r.ev_class = c.oid AND r.ev_type IN ('2', '3')),
             c.oid, pg_backend_pid()
      FROM pg_class c
      JOIN pg_namespace n ON n.oid = c.relnamespace
      JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
      LEFT JOIN pg_collation l ON l.oid = a.attcollation
      WHERE c.oid = to_regclass(?)
      ORDER BY a.attnum
      """;

  /** Plain indexes first, then those by expressions, then those of some rows only. */
  private static final String POSTGRES_UNIQUE =
      """
      SELECT
        ARRAY(SELECT a.attname::text FROM pg_attribute a
          WHERE a.attrelid = i.indrelid AND a.attnum > 0
            AND (a.attnum = ANY ((i.indkey::int2[])[0:i.indnkeyatts - 1])
              OR (i.indexprs IS NOT NULL AND EXISTS (
                SELECT FROM pg_depend d
                WHERE d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                  AND d.refclassid = 'pg_class'::regclass AND d.refobjid = i.indrelid
                  AND d.refobjsubid = a.attnum)))),
        i.indexprs IS NOT NULL,
        pg_get_expr(i.indpred, i.indrelid),
        coalesce((to_jsonb(i)->>'indnullsnotdistinct')::boolean, false),
        (SELECT string_agg(
            CASE (i.indkey::int2[])[k - 1]
              WHEN 0 THEN '(' || pg_get_indexdef(i.indexrelid, k, false) || ')'
              ELSE pg_get_indexdef(i.indexrelid, k, false) END, ', ' ORDER BY k)
          FROM generate_series(1, i.indnkeyatts) k)
      FROM pg_index i
      WHERE i.indrelid = to_regclass(?) AND i.indisunique AND i.indisvalid AND i.indimmediate
      ORDER BY i.indpred IS NOT NULL, i.indexprs IS NOT NULL, i.indexrelid
      """;

  /** The first version that reports the outcome of a transaction by its full id. */
  private static final int POSTGRES_VERSION_MIN = 13;

  private TableResolver() {}

  /** A column as the database describes it. */
  private record Found(String quotedName, ColumnType type, String typeIds, boolean generated) {}

  /**
   * Reads the table through a connection, and leaves no transaction open.
   *
   * @throws IllegalArgumentException if the table, a column or the key is missing or unsuitable
   */
  static <R> ResolvedTable<R> read(Connection connection, BatchTable<R> table, OnConflict asked)
      throws SQLException {
    OnConflict onConflict =
        asked == OnConflict.UPDATE && !table.hasKey() ? OnConflict.REJECT : asked;
    DatabaseMetaData metaData = connection.getMetaData();
    Database database =
        switch (metaData.getDatabaseProductName()) {
          case "PostgreSQL" -> Database.POSTGRESQL;
          case "H2" -> Database.H2;
          default -> Database.OTHER;
        };
    if (database == Database.POSTGRESQL
        && metaData.getDatabaseMajorVersion() < POSTGRES_VERSION_MIN) {
      throw new IllegalArgumentException(
          "database: PostgreSQL "
              + metaData.getDatabaseProductVersion()
              + " (expected: "
              + POSTGRES_VERSION_MIN
              + " or later)");
    }
    if ((onConflict == OnConflict.UPDATE && database == Database.OTHER)
        || (onConflict == OnConflict.IGNORE && database != Database.POSTGRESQL)) {
      throw new IllegalArgumentException(
          "onConflict: %s on %s (expected: %s)"
              .formatted(
                  onConflict,
                  metaData.getDatabaseProductName(),
                  onConflict == OnConflict.UPDATE
                      ? "PostgreSQL or H2, or REJECT"
                      : "PostgreSQL, or REJECT"));
    }
    requireUpserts(table, database, onConflict);
    return database == Database.POSTGRESQL
        ? onPostgres(connection, table, onConflict)
        : byMetaData(metaData, database, table, onConflict);
  }

  private static void requireUpserts(
      BatchTable<?> table, Database database, OnConflict onConflict) {
    boolean upserts = database == Database.POSTGRESQL && onConflict == OnConflict.UPDATE;
    if (table.updateWhere() != null && !upserts) {
      throw new IllegalArgumentException(
          "updateWhere: %s with %s on %s (expected: key columns and UPDATE on PostgreSQL)"
              .formatted(table.updateWhere(), onConflict, database));
    }
    if (table.updateWhere() != null
        && table.columns().stream().noneMatch(column -> !column.key() && column.updated())) {
      throw new IllegalArgumentException(
          "updateWhere: %s (expected: with a column that an update sets)"
              .formatted(table.updateWhere()));
    }
    if (!table.returning().isEmpty() && database != Database.POSTGRESQL) {
      throw new IllegalArgumentException(
          "returning: %s on %s (expected: PostgreSQL)".formatted(table.returning(), database));
    }
    boolean whole = table.columns().stream().allMatch(column -> column.key() || column.updated());
    if (!whole && database != Database.POSTGRESQL && onConflict == OnConflict.UPDATE) {
      throw new IllegalArgumentException(
          "columnOnInsert of %s on %s (expected: PostgreSQL, or REJECT)"
              .formatted(table.name(), database));
    }
  }

  private static <R> ResolvedTable<R> onPostgres(
      Connection connection, BatchTable<R> table, OnConflict onConflict) throws SQLException {
    Map<String, Found> found = new LinkedHashMap<>();
    String quotedName = table.name();
    boolean hasRules = false;
    long oid = 0;
    boolean pooled = false;
    PostgresTypes types = PostgresTypes.of(connection, table.name());
    try (PreparedStatement statement = connection.prepareStatement(OwnSql.of(POSTGRES_COLUMNS))) {
      statement.setString(1, table.name());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          Found column =
              new Found(
                  rows.getString(2),
                  types.type(rows.getLong(3), rows.getInt(4), rows.getBoolean(5)),
                  rows.getLong(3) + " " + rows.getInt(4) + " " + rows.getLong(6),
                  rows.getBoolean(7));
          found.put(rows.getString(1), column);
          quotedName = rows.getString(8);
          hasRules = rows.getBoolean(9);
          oid = rows.getLong(10);
          pooled = isPooled(connection, rows.getInt(11));
        }
      }
    }
    List<ResolvedColumn<R>> columns = columns(found, table);
    if (hasRules && !table.returning().isEmpty()) {
      throw new IllegalArgumentException(
          "returning: %s of %s with rules (expected: a table without)"
              .formatted(table.returning(), table.name()));
    }
    if (hasRules && onConflict != OnConflict.REJECT) {
      throw new IllegalArgumentException(
          "table: %s with rules and %s (expected: REJECT, or triggers in place of the rules, since"
                  .formatted(table.name(), onConflict)
              + " PostgreSQL takes no ON CONFLICT there)");
    }
    boolean hasKey = table.hasKey() && onConflict != OnConflict.REJECT;
    return new ResolvedTable<>(
        Database.POSTGRESQL,
        new InsertTarget(
            quotedName,
            oid + " " + columnTypes(columns, found),
            pooled,
            hasRules,
            returning(table, found)),
        columns,
        onConflict,
        hasKey ? conflictTarget(connection, table, found) : null);
  }

  /** PgBouncer and the like tell the driver another process than the one that acknowledgements. */
  private static boolean isPooled(Connection connection, int backendPid) throws SQLException {
    DriverSession driver = DriverSession.of(connection);
    return driver != null && driver.backendPid() != backendPid;
  }

  private static String columnTypes(
      List<? extends ResolvedColumn<?>> columns, Map<String, Found> found) {
    Set<String> written =
        columns.stream().map(ResolvedColumn::quotedName).collect(Collectors.toSet());
    return found.values().stream()
        .filter(column -> written.contains(column.quotedName()))
        .map(Found::typeIds)
        .collect(joining(","));
  }

  private static Map<String, String> returning(BatchTable<?> table, Map<String, Found> found) {
    Map<String, String> columns = new LinkedHashMap<>();
    for (String name : table.returning()) {
      columns.put(name, requireNonNull(found.get(nameIn(found, table, name))).quotedName());
    }
    return columns;
  }

  private static ConflictTarget conflictTarget(
      Connection connection, BatchTable<?> table, Map<String, Found> found) throws SQLException {
    Set<String> key = keyColumns(table, found);
    try (PreparedStatement statement = connection.prepareStatement(OwnSql.of(POSTGRES_UNIQUE))) {
      statement.setString(1, table.name());
      try (ResultSet rows = statement.executeQuery()) {
        while (rows.next()) {
          if (key.equals(Set.of((String[]) rows.getArray(1).getArray()))) {
            return new ConflictTarget(
                rows.getString(5),
                rows.getString(3),
                rows.getBoolean(2),
                rows.getBoolean(4),
                table.updateWhere());
          }
        }
      }
    }
    throw noUniqueIndex(table, key);
  }

  private static <R> ResolvedTable<R> byMetaData(
      DatabaseMetaData metaData, Database database, BatchTable<R> table, OnConflict onConflict)
      throws SQLException {
    String[] path = table.name().split("\\.", 2);
    String schema =
        path.length == 2 ? folded(metaData, path[0]) : metaData.getConnection().getSchema();
    String name = folded(metaData, path[path.length - 1]);
    String quote = metaData.getIdentifierQuoteString();
    Map<String, Found> found = new LinkedHashMap<>();
    try (ResultSet rows = metaData.getColumns(null, schema, name, null)) {
      while (rows.next()) {
        String column = rows.getString("COLUMN_NAME");
        ColumnType type = jdbcType(rows.getInt("DATA_TYPE"), rows.getString("TYPE_NAME"));
        boolean generated = "YES".equals(rows.getString("IS_GENERATEDCOLUMN"));
        found.put(column, new Found(quote + column + quote, type, "", generated));
      }
    }
    List<ResolvedColumn<R>> columns = columns(found, table);
    ConflictTarget conflictTarget = null;
    if (table.hasKey() && onConflict != OnConflict.REJECT) {
      Map<String, Set<String>> unique = new HashMap<>();
      try (ResultSet rows = metaData.getIndexInfo(null, schema, name, true, false)) {
        while (rows.next()) {
          unique
              .computeIfAbsent(rows.getString("INDEX_NAME"), index -> new HashSet<>())
              .add(rows.getString("COLUMN_NAME"));
        }
      }
      Set<String> key = keyColumns(table, found);
      if (!unique.containsValue(key)) {
        throw noUniqueIndex(table, key);
      }
      conflictTarget =
          new ConflictTarget(
              columns.stream()
                  .filter(ResolvedColumn::key)
                  .map(ResolvedColumn::quotedName)
                  .collect(joining(", ")),
              null,
              false,
              false,
              null);
    }
    return new ResolvedTable<>(
        database,
        new InsertTarget(
            (schema == null ? "" : quote + schema + quote + ".") + quote + name + quote,
            "",
            false,
            false,
            Map.of()),
        columns,
        onConflict,
        conflictTarget);
  }

  private static String folded(DatabaseMetaData metaData, String name) throws SQLException {
    if (metaData.storesUpperCaseIdentifiers()) {
      return name.toUpperCase(Locale.ROOT);
    }
    return metaData.storesLowerCaseIdentifiers() ? name.toLowerCase(Locale.ROOT) : name;
  }

  private static ColumnType jdbcType(int type, String name) {
    Comparison comparison =
        switch (type) {
          case Types.CHAR -> Comparison.PADDED;
          default -> name.contains("IGNORECASE") ? Comparison.DATABASE : Comparison.EXACT;
        };
    return ColumnType.of(jdbcEncoding(type), name, comparison);
  }

  private static Encoding jdbcEncoding(int type) {
    return switch (type) {
      case Types.BIGINT -> Encoding.LONG;
      case Types.INTEGER -> Encoding.INT;
      case Types.SMALLINT, Types.TINYINT -> Encoding.SHORT;
      case Types.DOUBLE, Types.FLOAT -> Encoding.DOUBLE;
      case Types.REAL -> Encoding.FLOAT;
      case Types.BOOLEAN -> Encoding.BOOLEAN;
      case Types.VARCHAR, Types.CHAR, Types.CLOB, Types.LONGVARCHAR -> Encoding.TEXT;
      case Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY, Types.BLOB -> Encoding.BYTES;
      case Types.NUMERIC, Types.DECIMAL -> Encoding.DECIMAL;
      default -> Encoding.OBJECT;
    };
  }

  private static <R> List<ResolvedColumn<R>> columns(
      Map<String, Found> found, BatchTable<R> table) {
    if (found.isEmpty()) {
      throw new IllegalArgumentException(
          "table: " + table.name() + " (expected: a table that this user sees)");
    }
    List<ResolvedColumn<R>> columns = new ArrayList<>();
    for (Column<R> column : table.columns()) {
      Found there = requireNonNull(found.get(nameIn(found, table, column.name())));
      if (there.generated()) {
        throw new IllegalArgumentException(
            "column: "
                + column.name()
                + " of "
                + table.name()
                + " (expected: one that the database does not generate)");
      }
      columns.add(ResolvedColumn.of(column, there.quotedName(), there.type()));
    }
    return columns;
  }

  /** The exact name, else the first that differs in case only. */
  private static String nameIn(Map<String, Found> found, BatchTable<?> table, String column) {
    if (found.containsKey(column)) {
      return column;
    }
    return found.keySet().stream()
        .filter(column::equalsIgnoreCase)
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "column: "
                        + column
                        + " of "
                        + table.name()
                        + " (expected: one of "
                        + found.keySet()
                        + ")"));
  }

  private static Set<String> keyColumns(BatchTable<?> table, Map<String, Found> found) {
    Set<String> key = new HashSet<>();
    for (Column<?> column : table.columns()) {
      if (column.key()) {
        key.add(nameIn(found, table, column.name()));
      }
    }
    return key;
  }

  private static IllegalArgumentException noUniqueIndex(BatchTable<?> table, Set<String> key) {
    return new IllegalArgumentException(
        "key: " + key + " (expected: the columns of a unique index of " + table.name() + ")");
  }
}
