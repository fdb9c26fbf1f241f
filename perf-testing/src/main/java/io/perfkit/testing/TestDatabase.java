package io.perfkit.testing;

import java.util.Locale;
import javax.sql.DataSource;

/**
 * One test class's own database on the JVM's shared PostgreSQL: empty at first, dropped after the
 * class, which ends open connections. Injected by {@link RealPostgres}. Immutable.
 *
 * <pre>
 * CREATE DATABASE "test_nameofclass_0123456789abcdef"
 * DROP DATABASE "test_nameofclass_0123456789abcdef" WITH (FORCE)
 * </pre>
 */
public final class TestDatabase implements AutoCloseable {
  private final SharedPostgres server;
  private final String name;

  private TestDatabase(SharedPostgres server, String name) {
    this.server = server;
    this.name = name;
  }

  static TestDatabase create(SharedPostgres server, Class<?> testClass) {
    String name = "test_" + FreshName.of(testClass).toLowerCase(Locale.ROOT);
    TestDatabase database = new TestDatabase(server, name);
    server.execute("CREATE DATABASE \"" + name + "\"");
    return database;
  }

  /** The JDBC URL of this database, without user and password. */
  public String jdbcUrl() {
    return server.jdbcUrl(name);
  }

  /** The user that owns this database. */
  public String user() {
    return server.user();
  }

  /** The password of {@link #user}. */
  public String password() {
    return server.password();
  }

  /** A new connection each time, no pool. */
  public DataSource dataSource() {
    return server.dataSource(name);
  }

  /** Drops the database. Called after the test class. */
  @Override
  public void close() {
    server.execute("DROP DATABASE IF EXISTS \"" + name + "\" WITH (FORCE)");
  }
}
