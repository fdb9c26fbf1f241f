package io.perfkit.db.pool;

import static java.lang.Math.max;
import static java.lang.Math.min;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Locale;
import java.util.Optional;

/**
 * PostgreSQL's connection limits for an ordinary role of this database. Immutable.
 *
 * @param maxConnections the server's {@code max_connections}
 * @param reserved those kept for superusers and {@code pg_use_reserved_connections}
 * @param usable the rest, or less if the role or the database has a limit of its own
 */
record ServerLimits(int maxConnections, int reserved, int usable) {
  // -1 is no limit. The role that is counted is the one that logged in.
  private static final String SQL =
      """
      SELECT current_setting('max_connections')::int,
             current_setting('superuser_reserved_connections')::int
               + coalesce(current_setting('reserved_connections', true), '0')::int,
             (SELECT rolconnlimit FROM pg_roles WHERE rolname = session_user),
             (SELECT datconnlimit FROM pg_database WHERE datname = current_database())
      """;

  static ServerLimits of(int maxConnections, int reserved, int roleLimit, int databaseLimit) {
    int usable = max(0, maxConnections - reserved);
    usable = roleLimit < 0 ? usable : min(usable, roleLimit);
    usable = databaseLimit < 0 ? usable : min(usable, databaseLimit);
    return new ServerLimits(maxConnections, reserved, usable);
  }

  /** One statement; empty if the server is no PostgreSQL. */
  static Optional<ServerLimits> read(Connection connection) throws SQLException {
    if (!connection.getMetaData().getDatabaseProductName().equals("PostgreSQL")) {
      return Optional.empty();
    }
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(SQL)) {
      row.next();
      return Optional.of(of(row.getInt(1), row.getInt(2), row.getInt(3), row.getInt(4)));
    }
  }

  /** {@code 90 (max_connections 100, 10 reserved by it)}. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%d (max_connections %d, %d reserved by it)",
        usable,
        maxConnections,
        reserved);
  }
}
