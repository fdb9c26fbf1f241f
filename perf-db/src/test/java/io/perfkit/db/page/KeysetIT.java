package io.perfkit.db.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

@RealPostgres
final class KeysetIT extends KeysetContract {
  private final DataSource dataSource;

  KeysetIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  @Override
  DataSource dataSource() {
    return dataSource;
  }

  /** Each kind that an order may have; values that are hard to carry. */
  @Test
  void carriesEveryKindOfValue() throws SQLException {
    assertCarries("bigint", "-9223372036854775808", "0", "9223372036854775807");
    assertCarries("smallint", "-1", "2");
    assertCarries("numeric", "-1.50", "0.000000001", "1e30");
    assertCarries("double precision", "'-Infinity'", "0.1", "1e300", "'Infinity'", "'NaN'");
    assertCarries("real", "0.1", "0.3", "1e30");
    assertCarries("boolean", "false", "true");
    assertCarries("text", "''", "'a'", "'a b'", "'" + "x".repeat(3_000) + "'");
    assertCarries(
        "uuid", "'00000000-0000-0000-0000-000000000001'", "'ffffffff-0000-0000-0000-000000000001'");
    assertCarries("date", "'2026-01-01'", "'9999-12-31'");
    assertCarries("timestamp", "'2026-01-01'", "'2026-01-01 00:00:00.000001'", "'infinity'");
    assertCarries("timestamptz", "'-infinity'", "'2026-01-01 00:00:00.000001+00'", "'infinity'");
  }

  private void assertCarries(String type, String... ascending) throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS kinds");
      statement.execute("CREATE TABLE kinds (value " + type + " PRIMARY KEY, nr int)");
      for (int i = 0; i < ascending.length; i++) {
        statement.execute("INSERT INTO kinds VALUES (" + ascending[i] + ", " + i + ")");
      }
      Keyset<Integer> keyset =
          Keyset.of(
              "SELECT * FROM kinds", row -> row.getInt("nr"), SECRET, Sort.ascending("value"));
      List<Integer> read = new ArrayList<>();
      Page<Integer> page = keyset.first(connection, 1);
      read.addAll(page.rows());
      while (page.next().isPresent()) {
        page = keyset.at(connection, page.next().get(), 1);
        read.addAll(page.rows());
      }
      assertThat(read).as(type).hasSize(ascending.length).isSorted();
    }
  }

  @Test
  void refusesATypeThatNoCursorCarries() throws SQLException {
    try (Connection connection = dataSource.getConnection()) {
      Keyset<Integer> keyset =
          Keyset.of("SELECT '{1}'::int[] AS value", row -> 1, SECRET, Sort.ascending("value"));
      assertThatThrownBy(() -> keyset.first(connection, 1))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("value: _int4 (expected: a number, ");
    }
  }

  @Test
  void goesToItsPlaceByTheIndexWhateverTheDirections() throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP TABLE IF EXISTS many");
      statement.execute(
          "CREATE TABLE many AS SELECT id, id / 10 AS grp, nullif(id % 7, 0) AS opt"
              + " FROM generate_series(1, 20000) AS id");
      statement.execute("ALTER TABLE many ALTER id SET NOT NULL, ALTER grp SET NOT NULL");
      for (List<Sort> order :
          List.of(
              List.of(Sort.descending("grp"), Sort.descending("id")),
              List.of(Sort.descending("grp"), Sort.ascending("id")),
              List.of(Sort.ascending("opt").nullsLast(), Sort.ascending("id")),
              List.of(Sort.ascending("opt").nullsFirst(), Sort.descending("id")))) {
        statement.execute("DROP INDEX IF EXISTS many_order");
        statement.execute("CREATE INDEX many_order ON many (" + PageQuery.orderOf(order) + ")");
        statement.execute("ANALYZE many");
        Place place =
            new Place(
                true,
                false,
                List.of(new KeyValue(KeyKind.LONG, 5L), new KeyValue(KeyKind.LONG, 700L)));
        PageQuery page = PageQuery.after("SELECT * FROM many", order, place, 20);
        String plan = "";
        try (var explain = connection.prepareStatement("EXPLAIN " + page.sql())) {
          page.bind(explain);
          try (ResultSet lines = explain.executeQuery()) {
            while (lines.next()) {
              plan += lines.getString(1) + "\n";
            }
          }
        }
        assertThat(plan).as(order.toString()).contains("Index Cond").doesNotContain("Seq Scan");
      }
    }
  }
}
