package io.perfkit.db.query;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.LongSupplier;

/** Also times the fetches of rows that come in portions after the execution. */
final class FetchedRows extends CountedRows {
  private static final long TOLD_NANOS = 1_000_000;

  private final LongSupplier nanos;
  private long untold;

  FetchedRows(ResultSet delegate, MonitoredStatement<?> statement, LongSupplier nanos) {
    super(delegate, statement);
    this.nanos = nanos;
  }

  @Override
  public boolean next() throws SQLException {
    long start = nanos.getAsLong();
    boolean row = false;
    try {
      row = super.next();
      return row;
    } finally {
      untold += nanos.getAsLong() - start;
      if (!row || untold >= TOLD_NANOS) {
        tell();
      }
    }
  }

  @Override
  public void close() throws SQLException {
    tell();
    super.close();
  }

  private void tell() {
    statement.fetched(untold);
    untold = 0;
  }
}
