package io.perfkit.db.query;

import io.perfkit.db.internal.OwnedResultSet;
import java.sql.ResultSet;
import java.sql.SQLException;

/** A result set that returns its monitored statement, and reports rows that it changes. */
class MonitoredResultSet extends OwnedResultSet {
  final MonitoredStatement<?> statement;

  MonitoredResultSet(ResultSet delegate, MonitoredStatement<?> statement) {
    super(delegate, statement);
    this.statement = statement;
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
