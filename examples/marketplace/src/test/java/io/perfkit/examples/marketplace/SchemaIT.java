package io.perfkit.examples.marketplace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

@RealPostgres
final class SchemaIT {
  private static final DataSize SIZE = new DataSize(100, 20, 1_000);

  private final DataSource database;

  SchemaIT(TestDatabase database) {
    this.database = database.dataSource();
  }

  @BeforeEach
  void empty() throws SQLException {
    execute("DROP SCHEMA IF EXISTS " + Schema.NAME + " CASCADE");
  }

  @Test
  void makesTheSameRowsEveryTime() {
    Schema.create(database, SIZE);
    String first = digest();
    Schema.create(database, SIZE);

    assertThat(digest()).isEqualTo(first).startsWith("100 20 1000 ");
  }

  @Test
  void dropsWhatItMade() {
    Schema.create(database, SIZE);
    Schema.drop(database);
    Schema.drop(database);

    assertThat(exists()).isFalse();
  }

  @Test
  void leavesASchemaOfSomebodyElseAlone() throws SQLException {
    execute("CREATE SCHEMA " + Schema.NAME);

    for (Runnable call :
        new Runnable[] {() -> Schema.create(database, SIZE), () -> Schema.drop(database)}) {
      assertThatThrownBy(call::run)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage(
              "schema perfkit_marketplace exists and was not made by this example;"
                  + " it stays as it is");
      assertThat(exists()).isTrue();
    }
  }

  private String digest() {
    return text(
        """
        SELECT (SELECT count(*) FROM perfkit_marketplace.users) || ' '
          || (SELECT count(*) FROM perfkit_marketplace.markets) || ' '
          || (SELECT count(*) || ' ' || md5(string_agg(b::text, ',' ORDER BY id))
              FROM perfkit_marketplace.bets b) AS answer
        """);
  }

  private boolean exists() {
    String sql =
        "SELECT count(*)::text AS answer FROM pg_namespace WHERE nspname = '" + Schema.NAME + "'";
    return text(sql).equals("1");
  }

  private String text(String sql) {
    return Sql.read(database, connection -> Sql.one(connection, sql, rows -> rows.getString(1)));
  }

  private void execute(String sql) throws SQLException {
    try (Connection connection = database.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }
}
