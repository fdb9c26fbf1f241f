package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.math.BigDecimal;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.IntFunction;
import java.util.stream.IntStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** Keys that are equal in the database, whatever they are in Java, keep their order. */
@RealPostgres
final class KeysIT {
  private static final int KEYS = 200;

  private final DataSource dataSource;

  KeysIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  private record Cell(Object id, Object other, Object value) {}

  /** The value that stands for each key after many workers wrote all forms of it in turn. */
  private List<String> standing(String type, List<?>... forms) throws SQLException {
    createTable(type);
    List<String> rejected = new ArrayList<>();
    try (BatchWriter<Cell> writer = writer(OnConflict.UPDATE, rejected)) {
      for (int form = 0; form < forms.length; form++) {
        for (Object key : forms[form]) {
          writer.add(new Cell(key, 1, "form " + form));
        }
      }
    }
    assertThat(rejected).isEmpty();
    return BatchQueries.column(dataSource, "SELECT DISTINCT value FROM cells");
  }

  private void createTable(String type) {
    Bet.execute(dataSource, "DROP TABLE IF EXISTS cells");
    Bet.execute(
        dataSource,
        "CREATE TABLE cells (id " + type + ", other int, value text, PRIMARY KEY (id, other))");
  }

  private BatchWriter<Cell> writer(OnConflict onConflict, List<String> rejected)
      throws SQLException {
    BatchTable<Cell> table =
        BatchTable.<Cell>named("cells")
            .key("id", Cell::id)
            .key("other", Cell::other)
            .column("value", Cell::value)
            .build();
    return BatchWriter.builder(
            dataSource, table, rejection -> rejected.add(String.valueOf(rejection.cause())))
        .config(
            BatchConfig.builder()
                .workers(4)
                .flushRows(50)
                .flushInterval(Duration.ofMillis(10))
                .onConflict(onConflict)
                .build())
        .build();
  }

  private static List<Object> keys(IntFunction<Object> key) {
    return new ArrayList<>(IntStream.range(0, KEYS).mapToObj(key).toList());
  }

  @Test
  void ofTextsThatACollationCallsEqual() throws SQLException {
    Bet.execute(dataSource, "CREATE EXTENSION IF NOT EXISTS citext");
    Bet.execute(
        dataSource,
        "CREATE COLLATION IF NOT EXISTS nocase"
            + " (provider = icu, locale = 'und-u-ks-level2', deterministic = false)");
    for (String type : List.of("citext", "text COLLATE nocase")) {
      assertThat(standing(type, keys(i -> "key" + i), keys(i -> "KEY" + i), keys(i -> "Key" + i)))
          .as(type)
          .containsExactly("form 2");
    }
  }

  @Test
  void ofTextsWhoseSpacesDontCount() throws SQLException {
    assertThat(standing("char(8)", keys(i -> "k" + i + "  "), keys(i -> "k" + i)))
        .containsExactly("form 1");
    assertThat(standing("varchar(4)", keys(i -> "%04d  ".formatted(i)), keys("%04d"::formatted)))
        .containsExactly("form 1");
  }

  @Test
  void ofValuesThatHaveSeveralForms() throws SQLException {
    assertThat(
            standing(
                "uuid",
                keys(i -> new UUID(10, i).toString().toUpperCase(Locale.ROOT)),
                keys(i -> "{" + new UUID(10, i) + "}"),
                keys(i -> new UUID(10, i))))
        .containsExactly("form 2");
    assertThat(
            standing(
                "numeric(8,2)",
                keys(i -> new BigDecimal(i + ".004")),
                keys(i -> new BigDecimal(i)),
                keys(i -> (double) i)))
        .containsExactly("form 2");
    LocalDate day = LocalDate.of(2026, 1, 2);
    assertThat(
            standing(
                "date",
                keys(day::plusDays),
                keys(i -> day.plusDays(i).atTime(3, 4)),
                keys(i -> day.plusDays(i).toString().replace("-0", "-"))))
        .containsExactly("form 2");
    Instant instant = Instant.parse("2026-01-02T00:00:00Z");
    assertThat(
            standing(
                "timestamptz",
                keys(i -> OffsetDateTime.parse("2026-01-02T02:00:00+02:00").plusSeconds(i)),
                keys(i -> instant.plusSeconds(i).toString()),
                keys(i -> instant.plusSeconds(i))))
        .containsExactly("form 2");
    assertThat(
            standing(
                "timestamptz(0)",
                keys(instant::plusSeconds),
                keys(i -> instant.plusSeconds(i).plusMillis(3))))
        .containsExactly("form 1");
    assertThat(standing("interval", keys(i -> i + 1 + " days"), keys(i -> (i + 1) * 24 + " hours")))
        .containsExactly("form 1");
    assertThat(standing("float8", keys(i -> -0.0), keys(i -> 0.0))).containsExactly("form 1");
    assertThat(standing("inet", keys(i -> "10.0.0." + i), keys(i -> "10.0.0." + i + "/32")))
        .containsExactly("form 1");
  }

  @Test
  void theFirstOfEqualKeysStaysWhereRowsAreIgnored() throws SQLException {
    Bet.execute(dataSource, "CREATE EXTENSION IF NOT EXISTS citext");
    createTable("citext");
    List<String> rejected = new ArrayList<>();
    try (BatchWriter<Cell> writer = writer(OnConflict.IGNORE, rejected)) {
      for (String form : List.of("key", "KEY")) {
        for (int i = 0; i < KEYS; i++) {
          writer.add(new Cell(form + i, 1, form));
        }
      }
    }
    assertThat(BatchQueries.column(dataSource, "SELECT DISTINCT value FROM cells"))
        .containsExactly("key");
  }

  @Test
  void aTimeOfWhichItIsNotKnownWhatItEqualsIsRefused() throws SQLException {
    createTable("timestamptz");
    try (BatchWriter<Cell> writer = writer(OnConflict.UPDATE, new ArrayList<>())) {
      assertThatThrownBy(
              () -> writer.add(new Cell(LocalDateTime.parse("2026-01-02T00:00"), 1, "a")))
          .hasMessage(
              "id (timestamp with time zone): a java.time.LocalDateTime (expected: ISO 8601 with an"
                  + " offset, since it is part of the key)");
    }
  }

  private List<String> upserted(List<String> ddl, Cell... cells) throws SQLException {
    Bet.execute(dataSource, "DROP TABLE IF EXISTS cells");
    for (String sql : ddl) {
      Bet.execute(dataSource, sql);
    }
    BatchTable<Cell> table =
        BatchTable.<Cell>named("cells")
            .key("id", Cell::id)
            .column("gone", Cell::other)
            .column("value", Cell::value)
            .build();
    List<String> rejected = new ArrayList<>();
    try (BatchWriter<Cell> writer =
        BatchWriter.create(
            dataSource, table, rejection -> rejected.add(String.valueOf(rejection.cause())))) {
      for (Cell cell : cells) {
        writer.add(cell);
      }
    }
    assertThat(rejected).isEmpty();
    return BatchQueries.column(
        dataSource, "SELECT concat_ws(' ', lower(id::text), gone, value) FROM cells ORDER BY 1");
  }

  @Test
  void ofAnIndexThatHoldsSomeRowsOnly() throws SQLException {
    assertThat(
            upserted(
                List.of(
                    "CREATE TABLE cells (id int, gone boolean, value text)",
                    "CREATE UNIQUE INDEX ON cells (id) WHERE gone IS NULL"),
                new Cell(1, null, "a"),
                new Cell(1, true, "b"),
                new Cell(1, null, "c"),
                new Cell(2, true, "d"),
                new Cell(2, true, "e")))
        .containsExactly("1 c", "1 t b", "2 t d", "2 t e");
  }

  @Test
  void ofAnIndexByAnExpression() throws SQLException {
    assertThat(
            upserted(
                List.of(
                    "CREATE TABLE cells (id text, gone boolean, value text)",
                    "CREATE UNIQUE INDEX ON cells (lower(id))"),
                new Cell("Ann", null, "a"),
                new Cell("Bob", null, "b"),
                new Cell("ANN", null, "c"),
                new Cell("Ann", null, "d")))
        .containsExactly("ann d", "bob b");
  }

  @Test
  void ofAnIndexThatCallsNullsEqual() throws SQLException {
    assertThat(
            upserted(
                List.of(
                    "CREATE TABLE cells (id int UNIQUE NULLS NOT DISTINCT, gone boolean,"
                        + " value text)"),
                new Cell(null, null, "a"),
                new Cell(1, null, "b"),
                new Cell(null, null, "c")))
        .containsExactly("1 b", "c");
  }
}
