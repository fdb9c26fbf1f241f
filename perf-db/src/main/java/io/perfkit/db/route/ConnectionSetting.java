package io.perfkit.db.route;

import io.perfkit.db.internal.OwnSql;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One recorded call of a setter of {@link Connection}, which can be replayed on another connection
 * and undone. Immutable.
 *
 * @param key of two settings with one key the later replaces the earlier
 */
record ConnectionSetting(String key, Method setter, List<@Nullable Object> arguments) {
  /** Longest run of a statement that restores something. */
  static final int UNDO_SECONDS = 5;

  static final String READ_ONLY = "setReadOnly";
  static final String AUTO_COMMIT = "setAutoCommit";
  static final String SCHEMA = "setSchema";
  static final String ISOLATION = "setTransactionIsolation";
  private static final String CLIENT_INFO = "setClientInfo";
  private static final Set<Integer> ISOLATIONS =
      Set.of(
          Connection.TRANSACTION_READ_UNCOMMITTED,
          Connection.TRANSACTION_READ_COMMITTED,
          Connection.TRANSACTION_REPEATABLE_READ,
          Connection.TRANSACTION_SERIALIZABLE);

  static ConnectionSetting of(Method setter, @Nullable Object[] arguments) {
    boolean oneOfMany = setter.getName().equals(CLIENT_INFO) && arguments.length == 2;
    return new ConnectionSetting(
        setter.getName() + (oneOfMany ? ":" + arguments[0] : ""),
        setter,
        Collections.unmodifiableList(Arrays.asList(arguments.clone()))); // with nulls
  }

  /** Whether the server undoes it when its transaction is rolled back. */
  boolean isTransactional() {
    return key.equals(SCHEMA) || isClientInfo();
  }

  private boolean isClientInfo() {
    return setter.getName().equals(CLIENT_INFO);
  }

  /** Refuses at once an isolation that JDBC does not know, which no node is asked about before. */
  void requireValid() throws SQLException {
    if (key.equals(ISOLATION) && !ISOLATIONS.contains(arguments.get(0))) {
      throw new SQLException(
          "level: "
              + arguments.get(0)
              + " (expected: TRANSACTION_READ_UNCOMMITTED, READ_COMMITTED, REPEATABLE_READ or"
              + " SERIALIZABLE)",
          "22023");
    }
  }

  /** Whether this setting replaces the other one. */
  boolean replaces(ConnectionSetting other) {
    return key.equals(other.key) || (key.equals(CLIENT_INFO) && other.isClientInfo());
  }

  void make(Connection connection) throws SQLException {
    var unused = call(connection, setter, arguments.toArray());
  }

  /** An action that restores the present state of {@code connection}. */
  Undo undo(Connection connection) throws SQLException {
    if (key.equals(SCHEMA)) {
      return undoSearchPath(connection);
    }
    if (isClientInfo()) {
      if (arguments.size() == 2) {
        String name = String.valueOf(arguments.get(0));
        String value = connection.getClientInfo(name);
        return () -> connection.setClientInfo(name, value);
      }
      Properties all = new Properties();
      all.putAll(connection.getClientInfo());
      return () -> connection.setClientInfo(all);
    }
    @Nullable Object[] before = arguments.toArray();
    before[before.length - 1] = call(connection, getter(), new Object[0]);
    return () -> call(connection, setter, before);
  }

  /** The path may have more schemas than the one that {@code getSchema} tells. */
  private static Undo undoSearchPath(Connection connection) throws SQLException {
    String path;
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(OwnSql.of("SHOW search_path"))) {
      row.next();
      path = row.getString(1);
    }
    return () -> {
      try (PreparedStatement statement =
          connection.prepareStatement(OwnSql.of("SELECT set_config('search_path', ?, false)"))) {
        statement.setQueryTimeout(UNDO_SECONDS);
        statement.setString(1, path);
        statement.execute();
      }
    };
  }

  private Method getter() {
    String property = setter.getName().substring("set".length());
    for (String prefix : new String[] {"get", "is"}) {
      try {
        return Connection.class.getMethod(prefix + property);
      } catch (NoSuchMethodException otherPrefix) {
        // Booleans have the other one.
      }
    }
    throw new IllegalStateException(setter + " (expected: a setter with a getter)");
  }

  /** Calls a method of JDBC, and throws what it throws. */
  static @Nullable Object call(Object target, Method method, @Nullable Object[] arguments)
      throws SQLException {
    try {
      return method.invoke(target, arguments);
    } catch (InvocationTargetException thrown) {
      if (thrown.getCause() instanceof SQLException failure) {
        throw failure;
      }
      if (thrown.getCause() instanceof RuntimeException failure) {
        throw failure;
      }
      if (thrown.getCause() instanceof Error failure) {
        throw failure;
      }
      throw new IllegalStateException(method.getName(), thrown.getCause());
    } catch (IllegalAccessException hidden) {
      throw new IllegalStateException(method + " of a public interface", hidden);
    }
  }

  /** Restores the former state of a connection. */
  @FunctionalInterface
  interface Undo {
    void run() throws SQLException;
  }
}
