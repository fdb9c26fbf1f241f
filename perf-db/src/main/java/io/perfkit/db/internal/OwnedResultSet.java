package io.perfkit.db.internal;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.jspecify.annotations.Nullable;

/** A result set that returns the statement of a wrapper, not the one that it wraps. */
public class OwnedResultSet extends DelegatingResultSet {
  private final @Nullable Statement owner;

  /** Of the statement; null for a result that has none, such as one of the metadata. */
  public OwnedResultSet(ResultSet delegate, @Nullable Statement owner) {
    super(delegate);
    this.owner = owner;
  }

  @Override
  public @Nullable Statement getStatement() throws SQLException {
    return delegate.getStatement() == null ? null : owner;
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
  public void insertRow() throws SQLException {
    delegate.insertRow();
  }

  @Override
  public void updateRow() throws SQLException {
    delegate.updateRow();
  }

  @Override
  public void deleteRow() throws SQLException {
    delegate.deleteRow();
  }
}
