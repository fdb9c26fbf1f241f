package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Map;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

@RealPostgres
final class RealPostgresIT {
  private final TestDatabase database;

  RealPostgresIT(TestDatabase database) {
    this.database = database;
  }

  @Test
  void injectsOneDatabaseForTheWholeClass(TestDatabase sameDatabase) throws SQLException {
    assertThat(sameDatabase).isSameAs(database);
    assertThat(firstValue(database.dataSource(), "SELECT current_database()"))
        .matches("test_realpostgresit_[0-9a-f]{16}");
  }

  @Test
  void namesTheDatabaseAsUrlUserAndPassword() throws SQLException {
    try (Connection connection =
        DriverManager.getConnection(database.jdbcUrl(), database.user(), database.password())) {
      assertThat(connection.getCatalog()).startsWith("test_realpostgresit_");
    }
  }

  @Test
  void runsPostgres18() throws SQLException {
    assertThat(firstValue(database.dataSource(), "SHOW server_version")).startsWith("18.");
  }

  @Test
  void dropsTheDatabaseThoughSomebodyIsConnected() throws SQLException {
    try (SharedPostgres server = given()) {
      TestDatabase ended = TestDatabase.create(server, RealPostgresIT.class);
      try (Connection stillOpen = ended.dataSource().getConnection()) {
        ended.close();

        assertThat(stillOpen.isValid(1)).isFalse();
        assertThatThrownBy(() -> ended.dataSource().getConnection().close())
            .isInstanceOf(SQLException.class)
            .hasMessageContaining("does not exist");
      }
    }
  }

  @Test
  void leavesAGivenServerRunning() throws SQLException {
    given().close();

    assertThat(firstValue(database.dataSource(), "SELECT 1")).isEqualTo("1");
  }

  @Test
  void keepsTheOptionsOfAGivenUrlButNotItsCredentials() {
    String url = database.jdbcUrl() + "?user=postgres&ApplicationName=tests&password=secret";

    try (SharedPostgres server = SharedPostgres.open(Map.of(SharedPostgres.URL, url))) {
      assertThat(server.jdbcUrl("other")).endsWith("/other?ApplicationName=tests");
      assertThat(server.user()).isEqualTo("postgres");
      assertThat(server.password()).isEqualTo("secret");
    }
  }

  @Test
  void failsWhenTheGivenServerDoesNotAnswer() {
    String url = "jdbc:postgresql://127.0.0.1:" + Ports.free() + "/postgres?password=secret";

    assertThatThrownBy(() -> SharedPostgres.open(Map.of(SharedPostgres.URL, url)))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("no PostgreSQL for tests: the one at PERF_TEST_PG_URL does not answer");
  }

  @Test
  void failsWhenTheGivenUrlIsNone() {
    assertThatThrownBy(() -> SharedPostgres.open(Map.of(SharedPostgres.URL, "redis://x")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("PERF_TEST_PG_URL is no JDBC URL");
  }

  /** The server of this test class, as one that a user gives by its URL. */
  private SharedPostgres given() {
    String url =
        database.jdbcUrl() + "?user=" + database.user() + "&password=" + database.password();
    return SharedPostgres.open(Map.of(SharedPostgres.URL, url));
  }

  private static String firstValue(DataSource source, String sql) throws SQLException {
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      rows.next();
      return rows.getString(1);
    }
  }
}
