package io.perfkit.testing;

import static java.util.Objects.requireNonNull;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * A PostgreSQL server of one's own: a process on a free loopback port that ends with this JVM.
 * Commits do not wait for the disk. Needs no JUnit. Thread safe.
 */
public final class PostgresProcess implements AutoCloseable {
  private static final String SUPERUSER = "postgres";

  private final EmbeddedPostgres postgres;

  private PostgresProcess(EmbeddedPostgres postgres) {
    this.postgres = postgres;
  }

  /**
   * Starts a server and blocks until it answers, a few seconds the first time on a machine, when
   * the binaries are unpacked.
   *
   * @throws IllegalStateException if it does not come up
   */
  public static PostgresProcess start() {
    try {
      return new PostgresProcess(EmbeddedPostgres.builder().start());
    } catch (IOException | RuntimeException failed) {
      throw new IllegalStateException("PostgreSQL did not start", failed);
    }
  }

  /** The JDBC URL of a database of this server; {@code postgres} exists from the start. */
  public String jdbcUrl(String database) {
    requireNonNull(database, "database");
    return "jdbc:postgresql://localhost:" + postgres.getPort() + "/" + database;
  }

  /** The superuser. */
  public String user() {
    return SUPERUSER;
  }

  /** Any text does: the server trusts whoever comes over loopback. */
  public String password() {
    return SUPERUSER;
  }

  /** Stops the server and deletes its data. Does nothing the second time. */
  @Override
  public void close() {
    try {
      postgres.close();
    } catch (IOException failed) {
      throw new UncheckedIOException("PostgreSQL did not stop", failed);
    }
  }
}
