package io.perfkit.db.pool;

import java.sql.Array;
import java.sql.Blob;
import java.sql.CallableStatement;
import java.sql.Clob;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.NClob;
import java.sql.PreparedStatement;
import java.sql.SQLClientInfoException;
import java.sql.SQLException;
import java.sql.SQLWarning;
import java.sql.SQLXML;
import java.sql.Savepoint;
import java.sql.ShardingKey;
import java.sql.Statement;
import java.sql.Struct;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Executor;

/**
 * A connection that passes every call on but those about its end. Statements made by it name the
 * connection behind as theirs.
 */
abstract class ForwardingConnection implements Connection {
  final Connection behind;

  ForwardingConnection(Connection behind) {
    this.behind = behind;
  }

  @Override
  public final <T> T unwrap(Class<T> type) throws SQLException {
    return type.isInstance(this) ? type.cast(this) : behind.unwrap(type);
  }

  @Override
  public final boolean isWrapperFor(Class<?> type) throws SQLException {
    return type.isInstance(this) || behind.isWrapperFor(type);
  }

  @Override
  public final Statement createStatement() throws SQLException {
    return behind.createStatement();
  }

  @Override
  public final PreparedStatement prepareStatement(String sql) throws SQLException {
    return behind.prepareStatement(sql);
  }

  @Override
  public final CallableStatement prepareCall(String sql) throws SQLException {
    return behind.prepareCall(sql);
  }

  @Override
  public final String nativeSQL(String sql) throws SQLException {
    return behind.nativeSQL(sql);
  }

  @Override
  public final void setAutoCommit(boolean on) throws SQLException {
    behind.setAutoCommit(on);
  }

  @Override
  public final boolean getAutoCommit() throws SQLException {
    return behind.getAutoCommit();
  }

  @Override
  public final void commit() throws SQLException {
    behind.commit();
  }

  @Override
  public final void rollback() throws SQLException {
    behind.rollback();
  }

  @Override
  public final DatabaseMetaData getMetaData() throws SQLException {
    return behind.getMetaData();
  }

  @Override
  public final void setReadOnly(boolean on) throws SQLException {
    behind.setReadOnly(on);
  }

  @Override
  public final boolean isReadOnly() throws SQLException {
    return behind.isReadOnly();
  }

  @Override
  public final void setCatalog(String catalog) throws SQLException {
    behind.setCatalog(catalog);
  }

  @Override
  public final String getCatalog() throws SQLException {
    return behind.getCatalog();
  }

  @Override
  public final void setTransactionIsolation(int level) throws SQLException {
    behind.setTransactionIsolation(level);
  }

  @Override
  public final int getTransactionIsolation() throws SQLException {
    return behind.getTransactionIsolation();
  }

  @Override
  public final SQLWarning getWarnings() throws SQLException {
    return behind.getWarnings();
  }

  @Override
  public final void clearWarnings() throws SQLException {
    behind.clearWarnings();
  }

  @Override
  public final Statement createStatement(int type, int concurrency) throws SQLException {
    return behind.createStatement(type, concurrency);
  }

  @Override
  public final PreparedStatement prepareStatement(String sql, int type, int concurrency)
      throws SQLException {
    return behind.prepareStatement(sql, type, concurrency);
  }

  @Override
  public final CallableStatement prepareCall(String sql, int type, int concurrency)
      throws SQLException {
    return behind.prepareCall(sql, type, concurrency);
  }

  @Override
  public final Map<String, Class<?>> getTypeMap() throws SQLException {
    return behind.getTypeMap();
  }

  @Override
  public final void setTypeMap(Map<String, Class<?>> map) throws SQLException {
    behind.setTypeMap(map);
  }

  @Override
  public final void setHoldability(int holdability) throws SQLException {
    behind.setHoldability(holdability);
  }

  @Override
  public final int getHoldability() throws SQLException {
    return behind.getHoldability();
  }

  @Override
  public final Savepoint setSavepoint() throws SQLException {
    return behind.setSavepoint();
  }

  @Override
  public final Savepoint setSavepoint(String name) throws SQLException {
    return behind.setSavepoint(name);
  }

  @Override
  public final void rollback(Savepoint savepoint) throws SQLException {
    behind.rollback(savepoint);
  }

  @Override
  public final void releaseSavepoint(Savepoint savepoint) throws SQLException {
    behind.releaseSavepoint(savepoint);
  }

  @Override
  public final Statement createStatement(int type, int concurrency, int holdability)
      throws SQLException {
    return behind.createStatement(type, concurrency, holdability);
  }

  @Override
  public final PreparedStatement prepareStatement(
      String sql, int type, int concurrency, int holdability) throws SQLException {
    return behind.prepareStatement(sql, type, concurrency, holdability);
  }

  @Override
  public final CallableStatement prepareCall(String sql, int type, int concurrency, int holdability)
      throws SQLException {
    return behind.prepareCall(sql, type, concurrency, holdability);
  }

  @Override
  public final PreparedStatement prepareStatement(String sql, int generatedKeys)
      throws SQLException {
    return behind.prepareStatement(sql, generatedKeys);
  }

  @Override
  public final PreparedStatement prepareStatement(String sql, int[] columns) throws SQLException {
    return behind.prepareStatement(sql, columns);
  }

  @Override
  public final PreparedStatement prepareStatement(String sql, String[] columns)
      throws SQLException {
    return behind.prepareStatement(sql, columns);
  }

  @Override
  public final Clob createClob() throws SQLException {
    return behind.createClob();
  }

  @Override
  public final Blob createBlob() throws SQLException {
    return behind.createBlob();
  }

  @Override
  public final NClob createNClob() throws SQLException {
    return behind.createNClob();
  }

  @Override
  public final SQLXML createSQLXML() throws SQLException {
    return behind.createSQLXML();
  }

  @Override
  public final boolean isValid(int seconds) throws SQLException {
    return behind.isValid(seconds);
  }

  @Override
  public final void setClientInfo(String name, String value) throws SQLClientInfoException {
    behind.setClientInfo(name, value);
  }

  @Override
  public final void setClientInfo(Properties properties) throws SQLClientInfoException {
    behind.setClientInfo(properties);
  }

  @Override
  public final String getClientInfo(String name) throws SQLException {
    return behind.getClientInfo(name);
  }

  @Override
  public final Properties getClientInfo() throws SQLException {
    return behind.getClientInfo();
  }

  @Override
  public final Array createArrayOf(String type, Object[] elements) throws SQLException {
    return behind.createArrayOf(type, elements);
  }

  @Override
  public final Struct createStruct(String type, Object[] attributes) throws SQLException {
    return behind.createStruct(type, attributes);
  }

  @Override
  public final void setSchema(String schema) throws SQLException {
    behind.setSchema(schema);
  }

  @Override
  public final String getSchema() throws SQLException {
    return behind.getSchema();
  }

  @Override
  public final void setNetworkTimeout(Executor executor, int millis) throws SQLException {
    behind.setNetworkTimeout(executor, millis);
  }

  @Override
  public final int getNetworkTimeout() throws SQLException {
    return behind.getNetworkTimeout();
  }

  @Override
  public final void beginRequest() throws SQLException {
    behind.beginRequest();
  }

  @Override
  public final void endRequest() throws SQLException {
    behind.endRequest();
  }

  @Override
  public final boolean setShardingKeyIfValid(ShardingKey key, ShardingKey superKey, int seconds)
      throws SQLException {
    return behind.setShardingKeyIfValid(key, superKey, seconds);
  }

  @Override
  public final boolean setShardingKeyIfValid(ShardingKey key, int seconds) throws SQLException {
    return behind.setShardingKeyIfValid(key, seconds);
  }

  @Override
  public final void setShardingKey(ShardingKey key, ShardingKey superKey) throws SQLException {
    behind.setShardingKey(key, superKey);
  }

  @Override
  public final void setShardingKey(ShardingKey key) throws SQLException {
    behind.setShardingKey(key);
  }
}
