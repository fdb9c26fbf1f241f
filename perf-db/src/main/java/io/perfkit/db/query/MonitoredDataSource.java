package io.perfkit.db.query;

import io.perfkit.db.internal.Delegating;
import java.io.PrintWriter;
import java.sql.Connection;
import java.sql.ConnectionBuilder;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.ShardingKeyBuilder;
import java.util.logging.Logger;
import javax.sql.DataSource;

/** Gives monitored connections. Thread safe, as far as the one behind it is. */
final class MonitoredDataSource extends Delegating<DataSource> implements DataSource {
  private final Executions executions;
  private final String name;

  MonitoredDataSource(DataSource delegate, Executions executions, String name) {
    super(delegate);
    this.executions = executions;
    this.name = name;
  }

  Executions executions() {
    return executions;
  }

  @Override
  public Connection getConnection() throws SQLException {
    return new MonitoredConnection(delegate.getConnection(), executions, name);
  }

  @Override
  public Connection getConnection(String username, String password) throws SQLException {
    return new MonitoredConnection(delegate.getConnection(username, password), executions, name);
  }

  @Override
  public ConnectionBuilder createConnectionBuilder() throws SQLException {
    return new MonitoredConnectionBuilder(delegate.createConnectionBuilder(), executions, name);
  }

  @Override
  public ShardingKeyBuilder createShardingKeyBuilder() throws SQLException {
    return delegate.createShardingKeyBuilder();
  }

  @Override
  public PrintWriter getLogWriter() throws SQLException {
    return delegate.getLogWriter();
  }

  @Override
  public void setLogWriter(PrintWriter out) throws SQLException {
    delegate.setLogWriter(out);
  }

  @Override
  public int getLoginTimeout() throws SQLException {
    return delegate.getLoginTimeout();
  }

  @Override
  public void setLoginTimeout(int seconds) throws SQLException {
    delegate.setLoginTimeout(seconds);
  }

  @Override
  public Logger getParentLogger() throws SQLFeatureNotSupportedException {
    return delegate.getParentLogger();
  }
}
