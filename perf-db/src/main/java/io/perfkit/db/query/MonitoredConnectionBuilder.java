package io.perfkit.db.query;

import java.sql.Connection;
import java.sql.ConnectionBuilder;
import java.sql.SQLException;
import java.sql.ShardingKey;

/** Builder of monitored connections. One thread at a time. */
final class MonitoredConnectionBuilder implements ConnectionBuilder {
  private final ConnectionBuilder delegate;
  private final Executions executions;
  private final String name;

  MonitoredConnectionBuilder(ConnectionBuilder delegate, Executions executions, String name) {
    this.delegate = delegate;
    this.executions = executions;
    this.name = name;
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
    return new MonitoredConnection(delegate.build(), executions, name);
  }
}
