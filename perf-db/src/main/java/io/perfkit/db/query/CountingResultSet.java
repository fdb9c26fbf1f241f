package io.perfkit.db.query;

import java.sql.ResultSet;
import java.sql.SQLException;

/** A result set that counts the rows read from it. */
class CountingResultSet extends MonitoredResultSet {
  CountingResultSet(ResultSet delegate, MonitoredStatement<?> statement) {
    super(delegate, statement);
  }

  @Override
  public boolean next() throws SQLException {
    boolean row = delegate.next();
    if (row) {
      statement.row();
    }
    return row;
  }

  @Override
  public void close() throws SQLException {
    try {
      delegate.close();
    } finally {
      statement.settle();
    }
  }
}
