package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import org.junit.jupiter.api.Test;

final class PostgresProcessIT {
  @Test
  void findsAgainWhatWasCommittedBeforeItWasKilled() throws SQLException {
    try (PostgresProcess postgres = PostgresProcess.start()) {
      try (Connection open = connect(postgres);
          Statement statement = open.createStatement()) {
        statement.execute("SET synchronous_commit = on");
        statement.execute("CREATE TABLE kept AS SELECT 42 AS number");
        postgres.kill();
        assertThatThrownBy(() -> statement.execute("SELECT 1")).isInstanceOf(SQLException.class);
      }
      assertThatThrownBy(() -> connect(postgres)).isInstanceOf(SQLException.class);
      String url = postgres.jdbcUrl("postgres");

      postgres.restart();

      assertThat(postgres.jdbcUrl("postgres")).isEqualTo(url);
      try (Connection connection = connect(postgres);
          Statement statement = connection.createStatement();
          ResultSet row = statement.executeQuery("SELECT number FROM kept")) {
        assertThat(row.next()).isTrue();
        assertThat(row.getInt(1)).isEqualTo(42);
      }
    }
  }

  private static Connection connect(PostgresProcess postgres) throws SQLException {
    return DriverManager.getConnection(
        postgres.jdbcUrl("postgres"), postgres.user(), postgres.password());
  }
}
