package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** What values become in PostgreSQL. */
@RealPostgres
final class TypesIT {
  private final DataSource dataSource;

  TypesIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  private record Cell(long id, Object value) {}

  /** Each value as the database shows it, or "refused SQLSTATE". */
  private List<String> written(String type, Object... values) throws SQLException {
    Bet.execute(dataSource, "DROP TABLE IF EXISTS cells");
    Bet.execute(dataSource, "CREATE TABLE cells (id bigint PRIMARY KEY, value " + type + ")");
    BatchTable<Cell> table =
        BatchTable.<Cell>named("cells").key("id", Cell::id).column("value", Cell::value).build();
    List<String> shown = new ArrayList<>(Arrays.asList(new String[values.length]));
    try (BatchWriter<Cell> writer =
        BatchWriter.create(
            dataSource,
            table,
            rejection ->
                shown.set(
                    (int) rejection.row().id(), "refused " + rejection.sqlState().orElse("")))) {
      for (int i = 0; i < values.length; i++) {
        writer.add(new Cell(i, values[i]));
      }
    }
    try (Connection connection = dataSource.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("SET timezone = 'UTC'");
      try (ResultSet rows = statement.executeQuery("SELECT id, value::text FROM cells")) {
        while (rows.next()) {
          shown.set(rows.getInt(1), rows.getString(2));
        }
      }
    }
    return shown;
  }

  @Test
  void numbers() throws SQLException {
    assertThat(written("bigint", 1L, 2, (short) 3, new BigDecimal("4.0"), null))
        .containsExactly("1", "2", "3", "4", null);
    assertThat(written("int", 1L, 2, Integer.MIN_VALUE)).containsExactly("1", "2", "-2147483648");
    assertThat(written("smallint", 1L, 2)).containsExactly("1", "2");
    assertThat(written("double precision", 1.5, 2, Double.NaN)).containsExactly("1.5", "2", "NaN");
    assertThat(written("real", 1.5, 2L)).containsExactly("1.5", "2");
    assertThat(written("numeric", new BigDecimal("1.50"), 2, new BigDecimal("1E+3"), 0.1))
        .containsExactly("1.50", "2", "1000", "0.1");
    assertThat(written("numeric(4,2)", new BigDecimal("1.5"), new BigDecimal("1000")))
        .containsExactly("1.50", "refused 22003");
    assertThat(written("boolean", true, false, null)).containsExactly("true", "false", null);
  }

  @Test
  void texts() throws SQLException {
    assertThat(written("text", "plain", "q\"{}\\,'", "", "NULL", TimeUnit.DAYS, 'c'))
        .containsExactly("plain", "q\"{}\\,'", "", "NULL", "DAYS", "c");
    assertThat(written("varchar(3)", "abc", "abcd")).containsExactly("abc", "refused 22001");
    assertThat(written("bytea", (Object) "hi".getBytes(StandardCharsets.UTF_8)))
        .containsExactly("\\x6869");
    assertThat(written("text", "nul\0")).containsExactly("refused 22021");
  }

  @Test
  void times() throws SQLException {
    Instant instant = Instant.parse("2026-03-29T01:30:00.123456Z");
    LocalDateTime local = LocalDateTime.parse("2026-03-29T02:30:00");
    assertThat(
            written(
                "timestamptz",
                instant,
                OffsetDateTime.parse("2026-01-01T12:00:00+02:00"),
                instant.atZone(ZoneId.of("Europe/Paris")),
                Timestamp.from(instant)))
        .containsExactly(
            "2026-03-29 01:30:00.123456+00",
            "2026-01-01 10:00:00+00",
            "2026-03-29 01:30:00.123456+00",
            "2026-03-29 01:30:00.123456+00");
    assertThat(
            written(
                "timestamptz",
                Instant.parse("1969-12-31T23:59:59.9999996Z"),
                "2026-01-01 12:00+02",
                null,
                "infinity",
                Instant.parse("1683-01-01T00:00:00.000001Z"),
                Instant.parse("9999-12-31T23:59:59.999999Z"),
                Instant.MAX))
        .containsExactly(
            "1970-01-01 00:00:00+00",
            "2026-01-01 10:00:00+00",
            null,
            "infinity",
            "1683-01-01 00:00:00.000001+00",
            "9999-12-31 23:59:59.999999+00",
            "infinity");
    assertThat(written("timestamp", local, Timestamp.valueOf(local), LocalDate.of(2026, 1, 2)))
        .containsExactly("2026-03-29 02:30:00", "2026-03-29 02:30:00", "2026-01-02 00:00:00");
    assertThat(written("date", LocalDate.of(2026, 1, 2))).containsExactly("2026-01-02");
    assertThatThrownBy(() -> written("timestamp", instant))
        .hasMessageStartingWith("value (timestamp without time zone): a java.time.Instant");
  }

  @Test
  void whateverPostgresReadsFromText() throws SQLException {
    Bet.execute(dataSource, "DROP TYPE IF EXISTS unit CASCADE");
    Bet.execute(dataSource, "CREATE TYPE unit AS ENUM ('DAYS', 'HOURS')");
    Bet.execute(dataSource, "DROP DOMAIN IF EXISTS share CASCADE");
    Bet.execute(dataSource, "CREATE DOMAIN share AS int CHECK (VALUE <= 100)");
    UUID uuid = UUID.fromString("00000000-0000-0001-0000-000000000002");

    assertThat(written("uuid", uuid)).containsExactly(uuid.toString());
    assertThat(written("jsonb", "{\"a\": 1}", "no json"))
        .containsExactly("{\"a\": 1}", "refused 22P02");
    assertThat(written("unit", TimeUnit.DAYS, TimeUnit.SECONDS))
        .containsExactly("DAYS", "refused 22P02");
    assertThat(written("share", 100, 101)).containsExactly("100", "refused 23514");
    assertThat(written("int[]", List.of(1, 2), new int[] {3}, new Integer[] {null}))
        .containsExactly("{1,2}", "{3}", "{NULL}");
    assertThat(written("text[]", List.of("a,b", "q\"\\", "NULL")))
        .containsExactly("{\"a,b\",\"q\\\"\\\\\",\"NULL\"}");
    assertThat(written("int[]", List.of(List.of(1), List.of(2)))).containsExactly("{{1},{2}}");
    Bet.execute(dataSource, "CREATE EXTENSION IF NOT EXISTS hstore");
    assertThat(written("hstore", Map.of("q\"\\", "x y"))).containsExactly("\"q\\\"\\\\\"=>\"x y\"");
    assertThat(written("bit(3)", "101", "1")).containsExactly("101", "refused 22026");
  }

  @Test
  void whatFitsNoColumnIsToldToWhoAddsItWithoutTheValue() {
    assertThatThrownBy(() -> written("bigint", 1.5))
        .hasMessage("value (bigint): a java.lang.Double (expected: what fits LONG)");
    assertThatThrownBy(() -> written("boolean", "secret"))
        .hasMessage("value (boolean): a java.lang.String (expected: what fits BOOLEAN)");
    assertThatThrownBy(() -> written("uuid", new StringBuilder[0][0].getClass()))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> written("text", LocalDate.of(2026, 1, 2)))
        .hasMessage("value (text): a java.time.LocalDate (expected: what fits TEXT)");
    assertThatThrownBy(() -> written("jsonb", List.of()))
        .hasMessageStartingWith("value (jsonb): a java.util.ImmutableCollections$ListN (expected:");
  }

  @Test
  void aKeyThatIsDeferrableOrGeneratedIsRefused() {
    Bet.execute(dataSource, "DROP TABLE IF EXISTS odd");
    Bet.execute(
        dataSource,
        "CREATE TABLE odd (id bigint PRIMARY KEY DEFERRABLE,"
            + " value bigint GENERATED ALWAYS AS (id * 2) STORED)");
    BatchTable<Cell> keyed = BatchTable.<Cell>named("odd").key("id", Cell::id).build();
    assertThatThrownBy(() -> BatchWriter.create(dataSource, keyed, rejection -> {}))
        .hasMessage("key: [id] (expected: the columns of a unique index of odd)");
    BatchTable<Cell> generated = BatchTable.<Cell>named("odd").column("value", Cell::id).build();
    assertThatThrownBy(() -> BatchWriter.builder(dataSource, generated, rejection -> {}).build())
        .hasMessage("column: value of odd (expected: one that the database does not generate)");
  }

  @Test
  void aConstraintThatWaitsForTheCommitRejectsOnlyItsRow() throws SQLException {
    Bet.execute(dataSource, "DROP TABLE IF EXISTS cells, parents");
    Bet.execute(dataSource, "CREATE TABLE parents (id bigint PRIMARY KEY)");
    Bet.execute(dataSource, "INSERT INTO parents VALUES (1)");
    Bet.execute(
        dataSource,
        "CREATE TABLE cells (id bigint PRIMARY KEY,"
            + " value bigint REFERENCES parents DEFERRABLE INITIALLY DEFERRED)");
    BatchTable<Cell> table =
        BatchTable.<Cell>named("cells").key("id", Cell::id).column("value", Cell::value).build();
    List<Long> refused = new ArrayList<>();
    try (BatchWriter<Cell> writer =
        BatchWriter.create(dataSource, table, rejection -> refused.add(rejection.row().id()))) {
      for (int i = 0; i < 100; i++) {
        writer.add(new Cell(i, i == 42 ? 2 : 1));
      }
    }
    assertThat(refused).containsExactly(42L);
  }
}
