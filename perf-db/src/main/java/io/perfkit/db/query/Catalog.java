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
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Snapshot of a PostgreSQL catalog: tables, functions and operators by their names without schemas.
 * A name in several schemas counts as one, with the properties of all. Immutable.
 *
 * <p>Reads pg_class, pg_inherits, pg_constraint, pg_proc, pg_operator and what depends on them,
 * with six statements.
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

  /** Pairs of tables: a statement that writes the first also changes the second. */
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

  /** Pairs of tables: TRUNCATE CASCADE of the first also empties the second. */
  private static final String REFERENCES =
      """
      select p.relname, c.relname
      from pg_constraint f
      join pg_class c on c.oid = f.conrelid join pg_class p on p.oid = f.confrelid
      where f.contype = 'f'
      """;

  /** An aggregate is as volatile as the functions that it is made of, which is not looked up. */
  private static final String FUNCTIONS =
      """
      select p.proname, bool_or(p.provolatile = 'v' or p.prokind = 'a')
      from pg_proc p join pg_namespace n on n.oid = p.pronamespace
      where n.nspname not in ('pg_catalog', 'information_schema')
      group by p.proname
      """;

  /** Operators and casts whose functions are not PostgreSQL's own, and not immutable. */
  private static final String OPERATORS =
      """
      select o.oprname, p.provolatile = 'v'
      from pg_operator o join pg_proc p on p.oid = o.oprcode
      join pg_namespace n on n.oid = p.pronamespace
      where n.nspname not in ('pg_catalog', 'information_schema') and p.provolatile <> 'i'
      union all
      select '::', p.provolatile = 'v'
      from pg_cast c join pg_proc p on p.oid = c.castfunc
      join pg_namespace n on n.oid = p.pronamespace
      where n.nspname not in ('pg_catalog', 'information_schema') and p.provolatile <> 'i'
      """;

  /** Tables a default, check or domain of which calls a function that may write. */
  private static final String CALLING =
      """
      with recursive volatiles as (
        select p.oid from pg_proc p join pg_namespace n on n.oid = p.pronamespace
        where n.nspname not in ('pg_catalog', 'information_schema')
          and (p.provolatile = 'v' or p.prokind = 'a')),
      operators as (select oid from pg_operator where oprcode in (select oid from volatiles)),
      dependents as (
        select classid, objid from pg_depend
        where refclassid = 'pg_proc'::regclass and refobjid in (select oid from volatiles)
          or refclassid = 'pg_operator'::regclass and refobjid in (select oid from operators)),
      types(oid) as (
        select contypid from pg_constraint k join dependents d
          on d.classid = 'pg_constraint'::regclass and d.objid = k.oid
        where contypid <> 0
        union select objid from dependents where classid = 'pg_type'::regclass
        union select t.oid from types u join pg_type t
          on u.oid in (t.typbasetype, t.typelem)
          or t.typrelid in (select attrelid from pg_attribute a where a.atttypid = u.oid))
      select distinct c.relname from pg_class c
      where c.relkind in ('r', 'p') and c.oid in (
        select adrelid from pg_attrdef a join dependents d
          on d.classid = 'pg_attrdef'::regclass and d.objid = a.oid
        union select conrelid from pg_constraint k join dependents d
          on d.classid = 'pg_constraint'::regclass and d.objid = k.oid
        union select attrelid from pg_attribute where atttypid in (select oid from types))
      """;

  static final Catalog EMPTY = new Catalog();

  private final Set<String> tables = new HashSet<>();
  private final Set<String> opaque = new HashSet<>();
  private final Set<String> triggers = new HashSet<>();
  private final Map<String, Set<String>> along = new HashMap<>();
  private final Map<String, Set<String>> references = new HashMap<>();
  private final Map<String, Boolean> operators = new HashMap<>();
  private final Set<String> functions = new HashSet<>();
  private final Set<String> volatiles = new HashSet<>();

  private Catalog() {}

  private interface Row {
    void read(ResultSet row) throws SQLException;
  }

  /** Reads the catalog of the connection's database. */
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
    each(connection, ALONG, row -> add(catalog.along, row));
    each(connection, REFERENCES, row -> add(catalog.references, row));
    each(
        connection,
        OPERATORS,
        row -> catalog.operators.merge(row.getString(1), row.getBoolean(2), Boolean::logicalOr));
    each(connection, CALLING, row -> catalog.triggers.add(row.getString(1)));
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

  private static void add(Map<String, Set<String>> to, ResultSet row) throws SQLException {
    boolean unused =
        to.computeIfAbsent(row.getString(1), name -> new HashSet<>()).add(row.getString(2));
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

  /** A view, a sequence, a foreign or temporary table, or one with row-level security. */
  boolean isOpaque(String name) {
    return opaque.contains(name);
  }

  /** Whether a write to any of the tables runs code: a trigger, a rule, a default, a check. */
  boolean runsCode(Set<String> written) {
    return written.stream().anyMatch(triggers::contains);
  }

  /** The table, and those that a write to it may change by a cascade or as a part of each other. */
  Set<String> changedWith(String table) {
    return reach(table, List.of(along));
  }

  /** The table, and those that TRUNCATE CASCADE empties with it. */
  Set<String> truncatedWith(String table) {
    return reach(table, List.of(along, references));
  }

  private static Set<String> reach(String table, List<Map<String, Set<String>>> ways) {
    Set<String> reached = new HashSet<>();
    Deque<String> next = new ArrayDeque<>(Set.of(table));
    while (!next.isEmpty()) {
      String one = next.remove();
      if (reached.add(one)) {
        ways.forEach(way -> next.addAll(way.getOrDefault(one, Set.of())));
      }
    }
    return reached;
  }

  /** An operator whose function may give another result, or {@code ::} for any cast. */
  boolean isOperator(String name) {
    return operators.containsKey(name);
  }

  /** An operator whose function may write. */
  boolean isVolatileOperator(String name) {
    return operators.getOrDefault(name, false);
  }

  /** A function that is not PostgreSQL's own. */
  boolean isFunction(String name) {
    return functions.contains(name);
  }

  /** A function that may write. */
  boolean isVolatile(String name) {
    return volatiles.contains(name);
  }
}
