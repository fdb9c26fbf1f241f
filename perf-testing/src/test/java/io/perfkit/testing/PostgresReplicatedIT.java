package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PostgresReplicatedIT {
  @Test
  void theReplicaFollowsStandsStillAndTakesOver() throws SQLException {
    try (PostgresReplicated servers = PostgresReplicated.start()) {
      execute(servers.primary(), "CREATE TABLE t (n int)");
      execute(servers.primary(), "INSERT INTO t VALUES (1)");
      servers.awaitReplayed();
      assertThat(rows(servers.replica())).isEqualTo(1);

      servers.pauseReplay();
      execute(servers.primary(), "INSERT INTO t VALUES (2)");
      assertThat(rows(servers.replica())).isEqualTo(1);
      servers.resumeReplay();
      servers.awaitReplayed();
      assertThat(rows(servers.replica())).isEqualTo(2);

      servers.promote();
      execute(servers.replica(), "INSERT INTO t VALUES (3)");
      assertThat(rows(servers.primary())).isEqualTo(2);
    }
  }

  @Test
  void anotherReplicaFollowsThePromotedOne() throws SQLException {
    try (PostgresReplicated servers = PostgresReplicated.start()) {
      PostgresProcess other = servers.addReplica();
      execute(servers.primary(), "CREATE TABLE t (n int)");
      servers.awaitReplayed();
      assertThat(rows(other)).isZero();

      servers.primary().kill();
      servers.promote();
      servers.followPromoted(other);
      execute(servers.replica(), "INSERT INTO t VALUES (1)");

      Await.until("it follows", Duration.ofSeconds(30), () -> hasARow(other));
    }
  }

  private static boolean hasARow(PostgresProcess server) {
    try {
      return rows(server) == 1;
    } catch (SQLException failed) {
      throw new AssertionError(failed);
    }
  }

  private static void execute(PostgresProcess server, String sql) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                server.jdbcUrl("postgres"), server.user(), server.password());
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static int rows(PostgresProcess server) throws SQLException {
    try (Connection connection =
            DriverManager.getConnection(
                server.jdbcUrl("postgres"), server.user(), server.password());
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM t")) {
      row.next();
      return row.getInt(1);
    }
  }
}
