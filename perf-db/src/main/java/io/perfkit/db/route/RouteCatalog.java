package io.perfkit.db.route;

import io.perfkit.db.internal.OwnSql;
import io.perfkit.db.internal.SqlFunctions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the catalog adds to the text of a statement: which functions and operators are volatile,
 * which relations no replica has, and which views do more than read. By names without schemas; a
 * name in several schemas counts as the worst of them. Immutable.
 */
final class RouteCatalog implements ReadOnlySql.Names {
  private static final String FUNCTIONS =
      """
      SELECT p.proname, n.nspname = 'pg_catalog', bool_or(p.provolatile = 'v')
      FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace
      GROUP BY 1, 2""";
  private static final String OPERATORS =
      """
      SELECT o.oprname FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode
      WHERE p.provolatile = 'v'""";
  private static final String UNLOGGED =
      "SELECT relname FROM pg_class WHERE relpersistence = 'u' AND relkind IN ('r', 'p', 'm', 'S')";
  private static final String VIEWS =
      """
      SELECT c.relname, pg_get_viewdef(c.oid)
      FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
      WHERE c.relkind = 'v' AND n.nspname NOT IN ('pg_catalog', 'information_schema')""";
  private static final String POLICIES =
      """
      SELECT c.relname, 'SELECT ' || pg_get_expr(p.polqual, p.polrelid)
      FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
      WHERE p.polcmd IN ('r', '*') AND p.polqual IS NOT NULL""";

  /** Volatile functions of PostgreSQL that change nothing; the others are in doubt. */
  private static final Set<String> HARMLESS =
      Set.of(
          "random",
          "random_normal",
          "clock_timestamp",
          "timeofday",
          "gen_random_uuid",
          "uuidv4",
          "uuidv7",
          "pg_sleep",
          "pg_sleep_for",
          "pg_sleep_until",
          "pg_is_in_recovery",
          "pg_is_wal_replay_paused",
          "pg_last_wal_replay_lsn",
          "pg_last_wal_receive_lsn",
          "pg_last_xact_replay_timestamp",
          "pg_current_wal_lsn",
          "pg_current_wal_insert_lsn",
          "pg_current_wal_flush_lsn",
          "pg_relation_size",
          "pg_table_size",
          "pg_indexes_size",
          "pg_total_relation_size",
          "pg_database_size",
          "pg_tablespace_size",
          "pg_blocking_pids",
          "pg_lock_status",
          "pg_prepared_statement",
          "pg_cursor",
          "txid_current_if_assigned",
          "pg_current_xact_id_if_assigned");

  private final Set<String> harmless = new HashSet<>();
  private final Set<String> doubtful = new HashSet<>();
  private final Set<String> operators = new HashSet<>();
  private final Set<String> needPrimary = new HashSet<>();

  private RouteCatalog() {}

  private interface Row {
    void read(ResultSet row) throws SQLException;
  }

  /** Reads the catalog. Five statements. */
  static RouteCatalog read(Connection connection) throws SQLException {
    RouteCatalog catalog = new RouteCatalog();
    each(
        connection,
        FUNCTIONS,
        row -> {
          String name = row.getString(1);
          boolean changes = row.getBoolean(3) && !(row.getBoolean(2) && HARMLESS.contains(name));
          (changes ? catalog.doubtful : catalog.harmless).add(name);
        });
    each(connection, OPERATORS, row -> catalog.operators.add(row.getString(1)));
    each(connection, UNLOGGED, row -> catalog.needPrimary.add(row.getString(1)));
    Map<String, String> definitions = new HashMap<>();
    each(
        connection,
        VIEWS,
        row -> definitions.merge(row.getString(1), row.getString(2), (a, b) -> ""));
    each(
        connection,
        POLICIES,
        row -> definitions.merge(row.getString(1), row.getString(2), (a, b) -> ""));
    boolean found = true;
    while (found) { // a view over such a view is one, too
      found =
          definitions
              .entrySet()
              .removeIf(
                  definition ->
                      !ReadOnlySql.testWhereReadingIsMeant(definition.getValue(), catalog, false)
                          && catalog.needPrimary.add(definition.getKey()));
    }
    return catalog;
  }

  private static void each(Connection connection, String sql, Row action) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(OwnSql.of(sql))) {
      while (rows.next()) {
        action.read(rows);
      }
    }
  }

  @Override
  public boolean isHarmless(String function) {
    return !doubtful.contains(function)
        && (harmless.contains(function) || SqlFunctions.onlyReads(function));
  }

  @Override
  public boolean needsPrimary(String relation) {
    return needPrimary.contains(relation);
  }

  @Override
  public boolean isDoubtful(String operator) {
    return operators.contains(operator);
  }

  /** The same, but only well-known functions count as harmless. */
  ReadOnlySql.Names wellKnown() {
    return new ReadOnlySql.Names() {
      @Override
      public boolean isHarmless(String function) {
        return !doubtful.contains(function) && SqlFunctions.onlyReads(function);
      }

      @Override
      public boolean needsPrimary(String relation) {
        return RouteCatalog.this.needsPrimary(relation);
      }

      @Override
      public boolean isDoubtful(String operator) {
        return RouteCatalog.this.isDoubtful(operator);
      }
    };
  }
}
