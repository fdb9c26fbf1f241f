package io.perfkit.testing;

import static java.util.Objects.requireNonNull;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;

/**
 * A PostgreSQL server of one's own: processes on a free loopback port that end with this JVM. Needs
 * no JUnit. Thread safe.
 *
 * <p>{@code fsync} and {@code synchronous_commit} are off, so what a commit costs here is no
 * measure of what it costs on a disk. At most 300 connections.
 */
public final class PostgresProcess implements AutoCloseable {
  private static final String SUPERUSER = "postgres";
  private static final Duration START_DEADLINE = Duration.ofSeconds(30);

  private final EmbeddedPostgres postgres;

  private PostgresProcess(EmbeddedPostgres postgres) {
    this.postgres = postgres;
  }

  /**
   * Starts a server and blocks until it answers, about a second; some more the first time on a
   * machine, when the binaries are unpacked.
   *
   * @throws IllegalStateException if it does not come up
   */
  public static PostgresProcess start() {
    try {
      return new PostgresProcess(
          EmbeddedPostgres.builder().setPGStartupWait(START_DEADLINE).start());
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
