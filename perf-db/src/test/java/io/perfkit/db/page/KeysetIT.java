package io.perfkit.db.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
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
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TYPE mood AS ENUM ('sad', 'ok', 'happy')");
      statement.execute("CREATE DOMAIN short_text AS text CHECK (length(value) < 9)");
      statement.execute("CREATE DOMAIN order_no AS bigint");
    }
    assertCarries("bigint", "-9223372036854775808", "0", "9223372036854775807");
    assertCarries("smallint", "-1", "2");
    assertCarries("numeric", "'-Infinity'", "-1.50", "0.000000001", "1e30", "'Infinity'", "'NaN'");
    assertCarries("char(3)", "'DE'", "'US'", "'USA'");
    assertCarries("time", "'00:00'", "'10:00:00.000001'", "'24:00'");
    assertCarries("timetz", "'10:00+02'", "'10:00+00'");
    assertCarries("mood", "'sad'", "'ok'", "'happy'");
    assertCarries("short_text", "'a'", "'b'");
    assertCarries("order_no", "1", "2");
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

  /**
   * Values that are equal in the database only are not told apart by it, so none may be skipped.
   */
  @Test
  void rowsThatOnlyTheCollationCallsEqualAreRefusedAsATieBreak() throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE COLLATION ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
      statement.execute("CREATE TABLE people (id int PRIMARY KEY, name text COLLATE ci NOT NULL)");
      statement.execute("INSERT INTO people VALUES (1, 'ann'), (2, 'Ann'), (3, 'bob'), (4, 'BOB')");
      Keyset<Integer> byName =
          Keyset.of("SELECT * FROM people", row -> row.getInt(1), SECRET, Sort.ascending("name"));
      assertThatThrownBy(() -> byName.first(connection, 1))
          .isInstanceOf(IllegalStateException.class)
          .hasMessageContaining("two rows are equal");

      Keyset<Integer> byNameAndId =
          Keyset.<Integer>of(
                  "SELECT * FROM people", row -> row.getInt(1), SECRET, Sort.ascending("id"))
              .orderBy(Sort.ascending("name"));
      assertThat(walk(connection, byNameAndId)).containsExactly(1, 2, 3, 4);
    }
  }

  @Test
  void takesNamesAsTheyAreQueriesThatEndInACommentAndInstants() throws SQLException {
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "CREATE TABLE odd (\"Id\" int PRIMARY KEY, \"createdAt\" timestamptz NOT NULL,"
              + " \"order\" int NOT NULL, \"a \"\" b\" int NOT NULL)");
      statement.execute(
          "INSERT INTO odd SELECT i, timestamptz '2026-01-01' + i / 3 * interval '1 d', i / 2, -i"
              + " FROM generate_series(1, 9) i");
      for (String column : List.of("createdAt", "createdat", "order", "a \" b")) {
        Keyset<Integer> keyset =
            Keyset.<Integer>of(
                    "SELECT * FROM odd WHERE \"createdAt\" > ? -- all of them",
                    row -> row.getInt("Id"),
                    SECRET,
                    Sort.descending("Id"))
                .orderBy(Sort.descending(column));
        assertThat(walk(connection, keyset, Instant.EPOCH))
            .as(column)
            .hasSize(9)
            .doesNotHaveDuplicates();
      }
      assertThatThrownBy(
              () ->
                  Keyset.<Integer>of(
                          "SELECT * FROM odd",
                          row -> row.getInt(1),
                          SECRET,
                          Sort.ascending("Nothing"))
                      .first(connection, 1))
          .hasMessage("column: Nothing (expected: one of [Id, createdAt, order, a \" b])");
    }
  }

  @Test
  void aSecretIsChangedWithoutRefusingACursor() throws SQLException {
    byte[] next = "another secret of sixteen bytes".getBytes(StandardCharsets.UTF_8);
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE TABLE numbers AS SELECT generate_series(1, 9) AS n");
      statement.execute("ALTER TABLE numbers ALTER n SET NOT NULL");
      Keyset<Integer> before = numbers(SECRET);
      Keyset<Integer> after = numbers(next);
      String old = before.first(connection, 2).next().orElseThrow();
      String fresh = after.first(connection, 2).next().orElseThrow();
      assertThatThrownBy(() -> after.at(connection, old, 2)).isInstanceOf(CursorRefused.class);

      assertThat(before.accepting(next).at(connection, fresh, 2).rows()).containsExactly(3, 4);
      Page<Integer> page = after.accepting(SECRET).at(connection, old, 2);
      assertThat(page.rows()).containsExactly(3, 4);
      assertThat(after.at(connection, page.next().orElseThrow(), 2).rows()).containsExactly(5, 6);
    }
  }

  private static Keyset<Integer> numbers(byte[] secret) {
    return Keyset.of("SELECT n FROM numbers", row -> row.getInt(1), secret, Sort.ascending("n"));
  }

  private static List<Integer> walk(
      Connection connection, Keyset<Integer> keyset, Object... parameters) throws SQLException {
    Page<Integer> page = keyset.first(connection, 2, parameters);
    List<Integer> all = new ArrayList<>(page.rows());
    while (page.next().isPresent()) {
      page = keyset.at(connection, page.next().orElseThrow(), 2, parameters);
      all.addAll(page.rows());
    }
    return all;
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
        KeysetPosition place =
            new KeysetPosition(
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
