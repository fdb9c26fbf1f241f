package io.perfkit.jobs;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Statements with their parameters in order, arrays among them. */
final class PostgresCalls {
  private static final int TIMEOUT_SECONDS = 10;

  private PostgresCalls() {}

  /** An array parameter. */
  static final class Values {
    private final String type;
    private final Object[] elements;

    private Values(String type, Object[] elements) {
      this.type = type;
      this.elements = elements;
    }
  }

  static <E> Values array(
      String type,
      Collection<? extends E> from,
      Function<? super E, ? extends @Nullable Object> of) {
    Object[] elements = "bytea".equals(type) ? new byte[from.size()][] : new Object[from.size()];
    int i = 0;
    for (E element : from) {
      elements[i++] = of.apply(element);
    }
    return new Values(type, elements);
  }

  static Values texts(Collection<String> from) {
    return array("text", from, text -> text);
  }

  /** Reads a row. */
  interface Row<T> {
    T of(ResultSet row) throws SQLException;
  }

  static <T> List<T> query(
      Connection connection, String sql, Row<T> row, @Nullable Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = prepared(connection, sql, parameters);
        ResultSet rows = statement.executeQuery()) {
      List<T> all = new ArrayList<>();
      while (rows.next()) {
        all.add(row.of(rows));
      }
      return all;
    }
  }

  static int update(Connection connection, String sql, @Nullable Object... parameters)
      throws SQLException {
    try (PreparedStatement statement = prepared(connection, sql, parameters)) {
      return statement.executeUpdate();
    }
  }

  private static PreparedStatement prepared(
      Connection connection, String sql, @Nullable Object... parameters) throws SQLException {
    PreparedStatement statement = connection.prepareStatement(sql);
    try {
      statement.setQueryTimeout(TIMEOUT_SECONDS);
      for (int i = 0; i < parameters.length; i++) {
        Object parameter = parameters[i];
        if (parameter instanceof Values values) {
          statement.setArray(i + 1, connection.createArrayOf(values.type, values.elements));
        } else {
          statement.setObject(i + 1, parameter);
        }
      }
      return statement;
    } catch (SQLException | RuntimeException failed) {
      statement.close();
      throw failed;
    }
  }

  static JobId id(ResultSet row, int column) throws SQLException {
    return new JobId(row.getObject(column, UUID.class));
  }
}
