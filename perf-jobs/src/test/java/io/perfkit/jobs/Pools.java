package io.perfkit.jobs;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.testing.TestDatabase;

/** Pools on the database of a test class. */
final class Pools {
  /** The name by which the server knows connections of the test's own JVM. */
  static final String TEST = "perf-jobs-test";

  private Pools() {}

  static HikariDataSource of(TestDatabase database, int size, boolean autoCommit) {
    return of(database.jdbcUrl(), database.user(), database.password(), size, autoCommit, TEST);
  }

  static HikariDataSource of(
      String url,
      String user,
      String password,
      int size,
      boolean autoCommit,
      String applicationName) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url);
    config.setUsername(user);
    config.setPassword(password);
    config.addDataSourceProperty("ApplicationName", applicationName);
    config.setMaximumPoolSize(size);
    config.setAutoCommit(autoCommit);
    config.setConnectionTimeout(30_000);
    config.setInitializationFailTimeout(30_000);
    return new HikariDataSource(config);
  }
}
