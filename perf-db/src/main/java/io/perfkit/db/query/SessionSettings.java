package io.perfkit.db.query;

import io.perfkit.db.internal.OwnSql;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Tracks connections whose session settings may make them read other data than the rest. A pool
 * gives the same connection to the next caller, with its settings: a role, a search path, a time
 * zone. Thread safe.
 *
 * <p>Before a result of a connection with a changed setting is cached, this asks for its settings;
 * the connection counts again once they are as they were at first.
 */
final class SessionSettings {
  /** What names mean, which rows are seen, and what a value looks like. */
  private static final String ASK =
      """
      select current_user || ' ' || session_user || ' ' || string_agg(name || '=' || setting, ' ' order by name)
      from pg_settings
      where name in ('search_path', 'role', 'row_security', 'TimeZone', 'DateStyle', 'IntervalStyle',
        'extra_float_digits', 'bytea_output', 'lc_monetary', 'lc_numeric', 'lc_time',
        'standard_conforming_strings', 'backslash_quote', 'transform_null_equals',
        'quote_all_identifiers', 'xmlbinary', 'xmloption', 'default_text_search_config')
      """;

  private static final @Nullable Class<?> PHYSICAL = driversType();

  /** Physical connections on which something was set since their settings were right. */
  private final Map<Object, String> suspects = Collections.synchronizedMap(new WeakHashMap<>());

  private volatile @Nullable String normal;
  private volatile @Nullable String lastSuspicion;
  private volatile boolean off;

  private static @Nullable Class<?> driversType() {
    try {
      return Class.forName("org.postgresql.PGConnection");
    } catch (ClassNotFoundException | LinkageError another) {
      return null;
    }
  }

  /** Settings of a connection on which nothing was set yet: what is normal from now on. */
  void learn(Connection connection) throws SQLException {
    normal = ask(connection);
  }

  /**
   * Something was set on the connection, or may have been.
   *
   * @param by what and where, for whoever looks why nothing is kept
   * @return whether it is new of this connection
   */
  boolean suspect(Connection connection, String by) {
    lastSuspicion = by;
    Object physical = physical(connection);
    if (physical == null) { // it can't be told from the others once a pool has it back
      off = true;
      return true;
    }
    return suspects.put(physical, by) == null;
  }

  private static @Nullable Object physical(Connection connection) {
    try {
      return PHYSICAL != null && connection.isWrapperFor(PHYSICAL)
          ? connection.unwrap(PHYSICAL)
          : null;
    } catch (SQLException closed) {
      return null;
    }
  }

  /** Whether results of the connection may be kept. Asks the server if something was set on it. */
  boolean isNormal(Connection connection) throws SQLException {
    if (off || (suspects.isEmpty() && normal != null)) {
      return !off;
    }
    Object physical = physical(connection);
    if (physical != null && !suspects.containsKey(physical)) {
      return true;
    }
    if (!ask(connection).equals(normal)) {
      return false;
    }
    suspects.remove(physical);
    return true;
  }

  private static String ask(Connection connection) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(OwnSql.of(ASK));
        ResultSet row = select.executeQuery()) {
      return row.next() ? String.valueOf(row.getString(1)) : "";
    }
  }

  /** Whether caching is off because connections cannot be told apart. */
  boolean isOff() {
    return off;
  }

  int suspects() {
    return suspects.size();
  }

  Optional<String> lastSuspicion() {
    return Optional.ofNullable(lastSuspicion);
  }
}
