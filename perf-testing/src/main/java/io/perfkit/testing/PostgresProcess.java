package io.perfkit.testing;

import static java.util.Objects.requireNonNull;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * A private PostgreSQL server for a test: processes on a free loopback port that end with this JVM.
 * Needs no JUnit. One thread at a time.
 *
 * <p>{@code fsync} and {@code synchronous_commit} are off, so the cost of a commit says nothing
 * about its cost on a disk, and {@link #kill} loses the last commits of sessions that do not set
 * the latter. At most 300 connections.
 */
public final class PostgresProcess implements AutoCloseable {
  private static final String SUPERUSER = "postgres";
  private static final Duration START_DEADLINE = Duration.ofSeconds(30);
  private static final Duration KILL_DEADLINE = Duration.ofSeconds(10);

  private final TempDirectory directory;
  private EmbeddedPostgres postgres;

  /** Starts on the data in the directory, if any. */
  PostgresProcess(TempDirectory directory) throws IOException {
    this.directory = directory;
    this.postgres = launch().start();
    AtExit.close(this);
  }

  Path data() {
    return data(directory);
  }

  static Path data(TempDirectory directory) {
    return directory.file("data");
  }

  private EmbeddedPostgres.Builder launch() {
    return EmbeddedPostgres.builder()
        .setDataDirectory(data())
        .setCleanDataDirectory(false)
        .setRegisterShutdownHook(false)
        .setPGStartupWait(START_DEADLINE);
  }

  /**
   * Starts a server and blocks until it answers, about a second; some more the first time on a
   * machine, when the binaries are unpacked.
   *
   * @throws IllegalStateException if it does not come up
   */
  public static PostgresProcess start() {
    TempDirectory directory = TempDirectory.create("postgres");
    try {
      return new PostgresProcess(directory);
    } catch (IOException | RuntimeException failed) {
      directory.close();
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

  /** Any text works: the server trusts every loopback client. */
  public String password() {
    return SUPERUSER;
  }

  /**
   * Ends all processes of the server as {@code kill -9} does and blocks until they are gone.
   * Durable commits are there again after {@link #restart}.
   */
  public void kill() {
    List<ProcessHandle> all =
        ProcessHandle.of(postmasterPid()).stream()
            .flatMap(postmaster -> Stream.concat(Stream.of(postmaster), postmaster.descendants()))
            .toList();
    all.forEach(ProcessHandle::destroyForcibly);
    Await.until(
        "PostgreSQL is gone", KILL_DEADLINE, () -> all.stream().noneMatch(ProcessHandle::isAlive));
  }

  /**
   * Kills the server if it lives, starts it again on the same port and data, and blocks until it
   * has recovered and answers.
   *
   * @throws IllegalStateException if it does not come up
   */
  public void restart() {
    kill();
    int port = postgres.getPort();
    try {
      postgres.close(); // only lets go of the lock on its directory
      postgres = launch().setPort(port).start();
    } catch (IOException | RuntimeException failed) {
      throw new IllegalStateException("PostgreSQL did not restart", failed);
    }
  }

  /** The started process is pg_ctl, which has ended; the server's pid is in its pid file. */
  private long postmasterPid() {
    Path file = directory.file("data").resolve("postmaster.pid");
    try (Stream<String> lines = Files.lines(file)) {
      return Long.parseLong(lines.findFirst().orElseThrow());
    } catch (IOException failed) {
      throw new UncheckedIOException("reading " + file, failed);
    }
  }

  /** Stops the server and deletes its data. A second call does nothing. */
  @Override
  public void close() {
    try {
      postgres.close();
    } catch (IOException failed) {
      throw new UncheckedIOException("PostgreSQL did not stop", failed);
    }
    directory.close();
    AtExit.forget(this);
  }
}
