package io.perfkit.jobs;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** The tables of {@link PostgresStore}: made if they are missing, once for all nodes. */
final class PostgresSchema {
  static final int VERSION = 1;

  private static final long LOCK = 0x706a6f62735f6464L; // an arbitrary number, the same everywhere

  private PostgresSchema() {}

  /** The statements that make the tables. */
  static String sql() {
    try (InputStream file = PostgresSchema.class.getResourceAsStream("schema_1.sql")) {
      if (file == null) {
        throw new IllegalStateException("schema_1.sql is not in the jar");
      }
      return new String(file.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException("schema_1.sql", unreadable);
    }
  }

  /**
   * Creates the tables in the transaction of the connection, unless they are there. Waits for
   * another node that does the same.
   *
   * @param mayCreate whether missing tables are made
   * @throws IllegalStateException if they are missing and may not be made, or are of a version that
   *     this code does not know
   */
  static void require(Connection connection, boolean mayCreate) throws SQLException {
    int found = version(connection);
    if (found == 0 && mayCreate) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("select pg_advisory_xact_lock(" + LOCK + ")");
        found = version(connection);
        if (found == 0) {
          statement.execute(sql());
          found = VERSION;
        }
      }
    }
    if (found != VERSION) {
      throw new IllegalStateException(
          "tables of perf-jobs: version "
              + found
              + " (expected: "
              + VERSION
              + (found == 0
                  ? "; PostgresStore.schema() is the SQL that makes them)"
                  : "; a node of another version made them)"));
    }
  }

  /**
   * 0 if there are no tables. Names pg_class, because to_regclass alone may answer from a cache.
   */
  private static int version(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet known =
            statement.executeQuery(
                "select exists (select 1 from pg_class where oid = to_regclass('perf_jobs_version'))")) {
      if (!known.next() || !known.getBoolean(1)) {
        return 0;
      }
    }
    try (Statement statement = connection.createStatement();
        ResultSet version =
            statement.executeQuery("select coalesce(max(version), 0) from perf_jobs_version")) {
      return version.next() ? version.getInt(1) : 0;
    }
  }
}
