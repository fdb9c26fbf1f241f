package io.perfkit.db.pool;

import io.perfkit.db.internal.DelegatingDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;

/**
 * The {@code DataSource} of the host: hands out HikariCP's connections, each as a {@link
 * CheckedOutConnection}. Thread safe.
 */
final class PoolDataSource extends DelegatingDataSource {
  private final Pool pool;
  private volatile boolean closed;

  PoolDataSource(Pool pool) {
    super(pool.hikari());
    this.pool = pool;
  }

  @Override
  public Connection getConnection() throws SQLException {
    if (closed) {
      throw new SQLNonTransientConnectionException("pool '" + pool.name() + "' is closed", "08003");
    }
    return pool.checkouts().acquire(pool);
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException("the pool has one user");
  }

  /** Hands out no connection from now on. */
  void close() {
    closed = true;
  }
}
