package io.perfkit.db.query;

import java.sql.Connection;
import java.sql.ConnectionBuilder;
import java.sql.SQLException;
import java.sql.ShardingKey;

/** Makes monitored connections. One thread at a time. */
final class MonitoredConnectionBuilder implements ConnectionBuilder {
  private final ConnectionBuilder delegate;
  private final QueryMonitor monitor;

  MonitoredConnectionBuilder(ConnectionBuilder delegate, QueryMonitor monitor) {
    this.delegate = delegate;
    this.monitor = monitor;
  }

  @Override
  public ConnectionBuilder user(String username) {
    ConnectionBuilder unused = delegate.user(username);
    return this;
  }

  @Override
  public ConnectionBuilder password(String password) {
    ConnectionBuilder unused = delegate.password(password);
    return this;
  }

  @Override
  public ConnectionBuilder shardingKey(ShardingKey shardingKey) {
    ConnectionBuilder unused = delegate.shardingKey(shardingKey);
    return this;
  }

  @Override
  public ConnectionBuilder superShardingKey(ShardingKey superShardingKey) {
    ConnectionBuilder unused = delegate.superShardingKey(superShardingKey);
    return this;
  }

  @Override
  public Connection build() throws SQLException {
    return monitor.borrowed(delegate.build());
  }
}
