package io.perfkit.db.pool;

import java.io.PrintWriter;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** The parts of a {@link DataSource} that one in front of another passes on. */
abstract class PoolSource implements DataSource {
  private final DataSource behind;

  PoolSource(DataSource behind) {
    this.behind = behind;
  }

  @Override
  public final PrintWriter getLogWriter() throws SQLException {
    return behind.getLogWriter();
  }

  @Override
  public final void setLogWriter(PrintWriter out) throws SQLException {
    behind.setLogWriter(out);
  }

  @Override
  public final void setLoginTimeout(int seconds) throws SQLException {
    behind.setLoginTimeout(seconds);
  }

  @Override
  public final int getLoginTimeout() throws SQLException {
    return behind.getLoginTimeout();
  }

  @Override
  public final Logger getParentLogger() throws SQLFeatureNotSupportedException {
    return behind.getParentLogger();
  }

  @Override
  public final <T> T unwrap(Class<T> type) throws SQLException {
    return type.isInstance(this) ? type.cast(this) : behindAs(type);
  }

  private <T> T behindAs(Class<T> type) throws SQLException {
    return type.isInstance(behind) ? type.cast(behind) : behind.unwrap(type);
  }

  @Override
  public final boolean isWrapperFor(Class<?> type) throws SQLException {
    return type.isInstance(this) || type.isInstance(behind) || behind.isWrapperFor(type);
  }
}
