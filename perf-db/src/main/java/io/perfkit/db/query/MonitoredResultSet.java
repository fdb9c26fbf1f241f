package io.perfkit.db.query;

import io.perfkit.db.internal.DelegatingResultSet;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** A result set that returns its monitored statement. */
class MonitoredResultSet extends DelegatingResultSet {
  final MonitoredStatement<?> statement;

  MonitoredResultSet(ResultSet delegate, MonitoredStatement<?> statement) {
    super(delegate);
    this.statement = statement;
  }

  @Override
  public final @Nullable Statement getStatement() throws SQLException {
    return delegate.getStatement() == null ? null : statement;
  }

  @Override
  public boolean next() throws SQLException {
    return delegate.next();
  }

  @Override
  public void close() throws SQLException {
    delegate.close();
  }

  @Override
  public final void insertRow() throws SQLException {
    statement.changeRow(delegate::insertRow);
  }

  @Override
  public final void updateRow() throws SQLException {
    statement.changeRow(delegate::updateRow);
  }

  @Override
  public final void deleteRow() throws SQLException {
    statement.changeRow(delegate::deleteRow);
  }
}
