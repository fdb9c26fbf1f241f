package io.perfkit.db.route;

import java.sql.Array;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.Types;
import java.util.Arrays;
import java.util.Map;

/**
 * An SQL array that a node's connection creates once a statement on that node needs it. Immutable.
 */
final class DeferredArray implements Array {
  private final String typeName;
  private final Object[] elements;

  DeferredArray(String typeName, Object[] elements) {
    this.typeName = typeName;
    this.elements = elements.clone();
  }

  Array madeBy(Connection connection) throws SQLException {
    return connection.createArrayOf(typeName, elements);
  }

  @Override
  public String getBaseTypeName() {
    return typeName;
  }

  @Override
  public int getBaseType() {
    return Types.OTHER;
  }

  @Override
  public Object getArray() {
    return elements.clone();
  }

  @Override
  public Object getArray(Map<String, Class<?>> map) {
    return getArray();
  }

  @Override
  public Object getArray(long index, int count) throws SQLException {
    if (index < 1 || count < 0 || index + count - 1 > elements.length) {
      throw new SQLException(
          "index, count: " + index + ", " + count + " (expected: within " + elements.length + ")",
          "22023");
    }
    return Arrays.copyOfRange(elements, (int) index - 1, (int) index - 1 + count);
  }

  @Override
  public Object getArray(long index, int count, Map<String, Class<?>> map) throws SQLException {
    return getArray(index, count);
  }

  @Override
  public ResultSet getResultSet() throws SQLException {
    throw notHere();
  }

  @Override
  public ResultSet getResultSet(Map<String, Class<?>> map) throws SQLException {
    throw notHere();
  }

  @Override
  public ResultSet getResultSet(long index, int count) throws SQLException {
    throw notHere();
  }

  @Override
  public ResultSet getResultSet(long index, int count, Map<String, Class<?>> map)
      throws SQLException {
    throw notHere();
  }

  private static SQLException notHere() {
    return new SQLFeatureNotSupportedException(
        "an array that was made for a parameter has no result set", "0A000");
  }

  @Override
  public void free() {}

  @Override
  public String toString() {
    return typeName + "[" + elements.length + "]";
  }
}
