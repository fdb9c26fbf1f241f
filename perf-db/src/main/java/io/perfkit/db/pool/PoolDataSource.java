package io.perfkit.db.pool;

import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;

/** What the host uses: HikariCP's connections, each as a {@link Holding}. Thread safe. */
final class PoolDataSource extends PoolSource {
  private final HikariDataSource pool;
  private final Holdings holdings;
  private volatile boolean closed;

  PoolDataSource(HikariDataSource pool, Holdings holdings) {
    super(pool);
    this.pool = pool;
    this.holdings = holdings;
  }

  @Override
  public Connection getConnection() throws SQLException {
    if (closed) {
      throw new SQLNonTransientConnectionException(
          "pool '" + pool.getPoolName() + "' is closed", "08003");
    }
    return holdings.acquire(pool);
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException("the pool has one user");
  }

  /** No connection is handed out from now on. */
  void close() {
    closed = true;
  }
}
