package io.perfkit.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * A PostgreSQL primary and a streaming replica that serves reads: processes on free loopback ports
 * that end with this JVM. Needs no JUnit. One thread at a time.
 */
public final class PostgresReplicated implements AutoCloseable {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final Set<String> OF_THE_PROCESS = Set.of("postmaster.pid", "epg-lock");

  private final PostgresProcess primary;
  private final PostgresProcess replica;
  private final List<PostgresProcess> others = new ArrayList<>();

  private PostgresReplicated(PostgresProcess primary, PostgresProcess replica) {
    this.primary = primary;
    this.replica = replica;
  }

  /**
   * Starts both and blocks until the replica follows the primary, some seconds.
   *
   * @throws IllegalStateException if they do not come up
   */
  public static PostgresReplicated start() {
    PostgresProcess primary = PostgresProcess.start();
    try {
      PostgresReplicated both = new PostgresReplicated(primary, replica(primary, "replica"));
      both.awaitReplayed();
      return both;
    } catch (RuntimeException failed) {
      primary.close();
      throw failed;
    }
  }

  private static PostgresProcess replica(PostgresProcess primary, String slot) {
    TempDirectory directory = TempDirectory.create("postgres-replica");
    try {
      backUp(primary, PostgresProcess.data(directory), slot);
      return new PostgresProcess(directory);
    } catch (IOException | SQLException | RuntimeException failed) {
      directory.close();
      throw new IllegalStateException("PostgreSQL's replica did not start", failed);
    }
  }

  /**
   * Starts another replica of the primary, and blocks until all have replayed all, some seconds. It
   * is closed with these servers.
   *
   * @throws IllegalStateException if it does not come up
   */
  public PostgresProcess addReplica() {
    PostgresProcess added = replica(primary, "replica_" + (others.size() + 2));
    others.add(added);
    awaitReplayed();
    return added;
  }

  /**
   * Lets a further replica stream from the promoted one, as a cluster manager does after a
   * failover. Asynchronous.
   */
  public void followPromoted(PostgresProcess further) {
    execute(further, "ALTER SYSTEM SET primary_slot_name = ''");
    execute(further, "ALTER SYSTEM SET primary_conninfo = '" + connectionTo(replica) + "'");
    query(further, "SELECT pg_reload_conf()");
  }

  /** The server that was started as the primary. */
  public PostgresProcess primary() {
    return primary;
  }

  /** The server that was started as the replica; after {@link #promote} it is a primary. */
  public PostgresProcess replica() {
    return replica;
  }

  /** Blocks until all replicas have replayed all that the primary has written. */
  public void awaitReplayed() {
    query(primary, "SELECT pg_logical_emit_message(true, 'perf-testing', '')"); // writes all out
    String written = query(primary, "SELECT pg_current_wal_flush_lsn()");
    String replayed = "SELECT pg_last_wal_replay_lsn() >= '" + written + "'::pg_lsn";
    Await.until("replayed", DEADLINE, () -> query(replica, replayed).equals("t"));
    for (PostgresProcess other : others) {
      Await.until("replayed", DEADLINE, () -> query(other, replayed).equals("t"));
    }
  }

  /** Pauses replay: the replica still receives WAL but does not apply it. */
  public void pauseReplay() {
    query(replica, "SELECT pg_wal_replay_pause()");
    String state = "SELECT pg_get_wal_replay_pause_state()";
    Await.until("paused", DEADLINE, () -> query(replica, state).equals("paused"));
  }

  /** Ends {@link #pauseReplay}: the replica catches up asynchronously. */
  public void resumeReplay() {
    query(replica, "SELECT pg_wal_replay_resume()");
  }

  /** Promotes the replica to a second primary, and blocks until it is one. */
  public void promote() {
    query(replica, "SELECT pg_promote()");
  }

  @Override
  public void close() {
    others.forEach(PostgresProcess::close);
    replica.close();
    primary.close();
  }

  /** Makes a base backup as {@code pg_basebackup} does, which the embedded binaries lack. */
  private static void backUp(PostgresProcess primary, Path target, String slot)
      throws IOException, SQLException {
    try (Connection connection = connect(primary);
        Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_create_physical_replication_slot('" + slot + "', true)");
      statement.execute("SELECT pg_backup_start('replica', true)");
      copy(primary.data(), target);
      String label;
      try (ResultSet row = statement.executeQuery("SELECT labelfile FROM pg_backup_stop(false)")) {
        row.next();
        label = row.getString(1);
      }
      Files.writeString(target.resolve("backup_label"), label);
    }
    Files.createFile(target.resolve("standby.signal"));
    Files.writeString(
        target.resolve("postgresql.auto.conf"),
        """

        primary_conninfo = '%s'
        primary_slot_name = '%s'
        wal_receiver_status_interval = '100ms'
        wal_retrieve_retry_interval = '200ms'
        """
            .formatted(connectionTo(primary), slot),
        StandardOpenOption.APPEND);
  }

  private static String connectionTo(PostgresProcess server) {
    String port = server.jdbcUrl("").replaceAll("\\D*(\\d+)/$", "$1");
    return "host=localhost port=" + port + " user=postgres";
  }

  /** Copies all files except those of the WAL, which are streamed. */
  private static void copy(Path source, Path target) throws IOException {
    Path wal = source.resolve("pg_wal");
    Files.walkFileTree(
        source,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path from, BasicFileAttributes attributes)
              throws IOException {
            Files.createDirectory(
                target.resolve(source.relativize(from).toString()),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path from, BasicFileAttributes attributes)
              throws IOException {
            if (!from.startsWith(wal) && !OF_THE_PROCESS.contains(from.getFileName().toString())) {
              try {
                Files.copy(from, target.resolve(source.relativize(from).toString()));
              } catch (NoSuchFileException gone) {
                // A live server's files come and go; the log tells the replica about it.
              }
            }
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path from, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }
        });
  }

  private static Connection connect(PostgresProcess server) throws SQLException {
    return DriverManager.getConnection(
        server.jdbcUrl("postgres?options=-c%20synchronous_commit=on"),
        server.user(),
        server.password());
  }

  private static void execute(PostgresProcess server, String sql) {
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    } catch (SQLException failed) {
      throw new UncheckedIOException(sql, new IOException(failed));
    }
  }

  private static String query(PostgresProcess server, String sql) {
    try (Connection connection = connect(server);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return String.valueOf(row.getString(1));
    } catch (SQLException failed) {
      throw new UncheckedIOException(sql, new IOException(failed));
    }
  }
}
