package io.perfkit.db.query;

import io.perfkit.db.internal.DelegatingDataSource;
import java.sql.Connection;
import java.sql.ConnectionBuilder;
import java.sql.SQLException;
import javax.sql.DataSource;

/**
 * A {@code DataSource} that hands out monitored connections. Thread safe, as far as the wrapped one
 * is.
 */
final class MonitoredDataSource extends DelegatingDataSource {
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
    return new MonitoredConnection(super.getConnection(), executions, name);
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    return new MonitoredConnection(super.getConnection(user, password), executions, name);
  }

  @Override
  public ConnectionBuilder createConnectionBuilder() throws SQLException {
    return new MonitoredConnectionBuilder(super.createConnectionBuilder(), executions, name);
  }
}
