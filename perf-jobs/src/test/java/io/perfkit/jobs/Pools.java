package io.perfkit.jobs;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.testing.TestDatabase;

/** Pools on the database of a test class. */
final class Pools {
  private Pools() {}

  static HikariDataSource of(TestDatabase database, int size, boolean autoCommit) {
    return of(database.jdbcUrl(), database.user(), database.password(), size, autoCommit);
  }

  static HikariDataSource of(
      String url, String user, String password, int size, boolean autoCommit) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setUsername(user);
    config.setPassword(password);
    config.setMaximumPoolSize(size);
    config.setAutoCommit(autoCommit);
    config.setConnectionTimeout(30_000);
    config.setInitializationFailTimeout(30_000);
    return new HikariDataSource(config);
  }
}
