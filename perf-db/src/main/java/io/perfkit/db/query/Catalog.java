package io.perfkit.db.query;

import io.perfkit.db.internal.OwnSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * The tables and functions that a PostgreSQL database has, by their names without schemas. Names
 * that several schemas have count as one, with the properties of all. Immutable.
 *
 * <p>Reads pg_class, pg_inherits, pg_constraint and pg_proc, with three statements.
 */
final class Catalog {
  private static final String RELATIONS =
      """
      select c.relname,
             c.relkind not in ('r', 'p') or c.relpersistence = 't' or c.relrowsecurity as opaque,
             c.relhasrules
               or exists (select from pg_trigger t where t.tgrelid = c.oid and not t.tgisinternal)
               as triggers
      from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S')
        and n.nspname not in ('pg_catalog', 'information_schema', 'pg_toast')
      """;

  /** Whoever writes the first also changes the second. */
  private static final String ALONG =
      """
      select c.relname, p.relname
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
      union
      select p.relname, c.relname
      from pg_inherits i
      join pg_class c on c.oid = i.inhrelid join pg_class p on p.oid = i.inhparent
      union
      select p.relname, c.relname
      from pg_constraint f
      join pg_class c on c.oid = f.conrelid join pg_class p on p.oid = f.confrelid
      where f.contype = 'f' and (f.confdeltype in ('c', 'n', 'd') or f.confupdtype in ('c', 'n', 'd'))
      """;

  private static final String FUNCTIONS =
      """
      select p.proname, bool_or(p.provolatile = 'v')
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname not in ('pg_catalog', 'information_schema')
      group by p.proname
      """;

  static final Catalog EMPTY = new Catalog();

  private final Set<String> tables = new HashSet<>();
  private final Set<String> opaque = new HashSet<>();
  private final Set<String> triggers = new HashSet<>();
  private final Map<String, Set<String>> along = new HashMap<>();
  private final Set<String> functions = new HashSet<>();
  private final Set<String> volatiles = new HashSet<>();

  private Catalog() {}

  private interface Row {
    void read(ResultSet row) throws SQLException;
  }

  /** As the connection's database has it now. */
  static Catalog of(Connection connection) throws SQLException {
    Catalog catalog = new Catalog();
    each(
        connection,
        RELATIONS,
        row -> {
          boolean plain = !row.getBoolean(2);
          boolean unused = (plain ? catalog.tables : catalog.opaque).add(row.getString(1));
          if (row.getBoolean(3)) {
            catalog.triggers.add(row.getString(1));
          }
        });
    each(
        connection,
        ALONG,
        row ->
            catalog
                .along
                .computeIfAbsent(row.getString(1), name -> new HashSet<>())
                .add(row.getString(2)));
    each(
        connection,
        FUNCTIONS,
        row -> {
          catalog.functions.add(row.getString(1));
          if (row.getBoolean(2)) {
            catalog.volatiles.add(row.getString(1));
          }
        });
    return catalog;
  }

  private static void each(Connection connection, String sql, Row reader) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(OwnSql.of(sql));
        ResultSet rows = select.executeQuery()) {
      while (rows.next()) {
        reader.read(rows);
      }
    }
  }

  Set<String> tables() {
    return tables;
  }

  /**
   * A view, a sequence, a foreign or temporary table, or one that shows not everybody all its rows.
   */
  boolean isOpaque(String name) {
    return opaque.contains(name);
  }

  /** Whether a write to the table, or to one that changes along, runs code. */
  boolean hasTriggers(String table) {
    return changedWith(table).stream().anyMatch(triggers::contains);
  }

  /** The table, and those that a write to it may change by a cascade or as a part of each other. */
  Set<String> changedWith(String table) {
    Set<String> changed = new HashSet<>();
    Deque<String> next = new ArrayDeque<>(Set.of(table));
    while (!next.isEmpty()) {
      String one = next.remove();
      if (changed.add(one)) {
        next.addAll(along.getOrDefault(one, Set.of()));
      }
    }
    return changed;
  }

  /** A function that is not PostgreSQL's own. */
  boolean isFunction(String name) {
    return functions.contains(name);
  }

  /** One that may write. */
  boolean isVolatile(String name) {
    return volatiles.contains(name);
  }
}
