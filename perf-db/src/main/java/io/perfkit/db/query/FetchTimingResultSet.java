package io.perfkit.db.query;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.function.LongSupplier;

/** Also times the fetches of rows that come in portions after the execution. */
final class FetchTimingResultSet extends CountingResultSet {
  private static final long REPORTED_NANOS = 1_000_000;

  private final LongSupplier nanos;
  private long unreported;

  FetchTimingResultSet(ResultSet delegate, MonitoredStatement<?> statement, LongSupplier nanos) {
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
      unreported += nanos.getAsLong() - start;
      if (!row || unreported >= REPORTED_NANOS) {
        report();
      }
    }
  }

  @Override
  public void close() throws SQLException {
    report();
    super.close();
  }

  private void report() {
    statement.fetched(unreported);
    unreported = 0;
  }
}
