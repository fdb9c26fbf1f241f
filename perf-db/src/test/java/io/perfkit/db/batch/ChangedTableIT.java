package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.db.internal.DelegatingDataSource;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A migration changes the table while a writer runs. */
@RealPostgres
final class ChangedTableIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final DataSource dataSource;
  private final List<String> rejected = new ArrayList<>();

  ChangedTableIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  private record Cell(Object id, Object value) {}

  /**
   * One change of a column's type.
   *
   * @param using how the migration converts what is there
   * @param before a value of the old type, and what it is in the new one
   * @param after a value that only the new type takes, and what it is there
   */
  private record Change(
      String from,
      String to,
      String using,
      Object before,
      String beforeShown,
      Object after,
      String afterShown) {}

  private static final List<Change> CHANGES =
      List.of(
          new Change("int", "bigint", "v", -1, "-1", 3_000_000_000L, "3000000000"),
          new Change("smallint", "int", "v", 7, "7", 70_000, "70000"),
          new Change("int", "numeric(8,2)", "v", 7, "7.00", new BigDecimal("1.25"), "1.25"),
          new Change("int", "text", "v::text", 7, "7", "seven", "seven"),
          new Change("real", "double precision", "v", 1.5f, "1.5", 1e300, "1e+300"),
          new Change("text", "jsonb", "v::jsonb", "{}", "{}", "{\"a\":1}", "{\"a\": 1}"),
          new Change("text", "int", "v::int", "42", "42", 43, "43"),
          new Change("text", "bytea", "v::bytea", "a", null, new byte[] {1, 2}, "\\x0102"),
          new Change("text", "mood", "v::mood", "ok", "ok", "bad", "bad"),
          new Change("mood", "text", "v::text", "ok", "ok", "other", "other"),
          new Change("text", "text[]", "ARRAY[v]", "{a}", "{a}", List.of("b", "c"), "{b,c}"),
          new Change("varchar(3)", "varchar(9)", "v", "abc", "abc", "abcdef", "abcdef"),
          new Change(
              "uuid", "text", "v::text", new UUID(0, 1), new UUID(0, 1).toString(), "x", "x"),
          new Change(
              "timestamp",
              "timestamptz",
              "v",
              LocalDateTime.of(2026, 1, 2, 0, 0),
              "2026-01-02 00:00:00+00",
              Instant.parse("2026-01-02T03:04:00Z"),
              "2026-01-02 03:04:00+00"));

  @BeforeEach
  void inUtc() {
    Bet.execute(
        dataSource,
        "DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET timezone = ''UTC''',"
            + " current_database()); CREATE TYPE mood AS ENUM ('ok', 'bad');"
            + " EXCEPTION WHEN duplicate_object THEN NULL; END $$");
  }

  private void createTable(String type) {
    Bet.execute(dataSource, "DROP TABLE IF EXISTS cells");
    Bet.execute(dataSource, "CREATE TABLE cells (id bigint PRIMARY KEY, v " + type + ")");
  }

  private BatchWriter.Builder<Cell> builder() {
    BatchTable<Cell> table =
        BatchTable.<Cell>named("cells").key("id", Cell::id).column("v", Cell::value).build();
    return BatchWriter.builder(
            dataSource, table, r -> rejected.add(r.row().id() + " " + r.reason() + " " + r.cause()))
        .config(BatchConfig.builder().flushInterval(Duration.ofHours(1)).build());
  }

  private List<String> inTable() throws SQLException {
    return BatchQueries.column(
        dataSource, "SELECT concat_ws(' ', id, v::text) FROM cells ORDER BY id");
  }

  private void alter(Change change) {
    Bet.execute(
        dataSource,
        "ALTER TABLE cells ALTER v TYPE %s USING %s".formatted(change.to(), change.using()));
  }

  @Test
  void aColumnTakesTheValuesOfItsNewTypeAndWhatWaitedIsConverted() throws Exception {
    for (Change change : CHANGES) {
      rejected.clear();
      createTable(change.from());
      String as = change.toString();
      try (BatchWriter<Cell> writer = builder().build()) {
        writer.add(new Cell(1, change.before()));
        assertThat(writer.awaitFlushed(DEADLINE)).as(as).isTrue();
        writer.add(new Cell(2, change.before()));
        alter(change);
        writer.add(new Cell(3, change.after()));
        assertThat(writer.awaitFlushed(DEADLINE)).as(as).isTrue();
        writer.add(new Cell(4, change.after()));
        assertThat(writer.awaitFlushed(DEADLINE)).as(as).isTrue();
        assertThat(writer.health().healthy()).as(as).isTrue();
      }
      List<String> shown = inTable();
      assertThat(shown).as(as).contains("3 " + change.afterShown(), "4 " + change.afterShown());
      if (change.beforeShown() != null) {
        assertThat(rejected).as(as).isEmpty();
        assertThat(shown).as(as).hasSize(4).contains("2 " + change.beforeShown());
      } else { // nothing says what it is in the new type
        assertThat(rejected).as(as).singleElement().asString().startsWith("2 REFUSED");
      }
    }
  }

  /**
   * A change after which the old form of a value still fits, but is stored otherwise.
   *
   * @param value of a row that waits, and of one that is added after the change
   */
  private record Silent(String from, String to, String using, Object value, String shown) {}

  private static final List<Silent> SILENT =
      List.of(
          new Silent(
              "date",
              "timestamp",
              "v",
              java.sql.Timestamp.valueOf("2026-01-02 03:04:05"),
              "2026-01-02 03:04:05"),
          new Silent("real", "double precision", "v", 0.1, "0.1"),
          new Silent("numeric(8,2)", "numeric(8,4)", "v", new BigDecimal("1.2345"), "1.2345"),
          new Silent(
              "timestamp(0)",
              "timestamp",
              "v",
              LocalDateTime.parse("2026-01-02T03:04:05.678"),
              "2026-01-02 03:04:05.678"),
          new Silent("int", "text", "v::text", 7, "7"),
          new Silent("text", "citext", "v", "Abc", "Abc"),
          new Silent("json", "jsonb", "v", "{\"a\":1}", "{\"a\": 1}"),
          new Silent("text", "varchar(3)", "v", "abc", "abc"));

  @Test
  void noValueIsWrittenAsTheOldTypeStoresIt() throws Exception {
    Bet.execute(dataSource, "CREATE EXTENSION IF NOT EXISTS citext");
    for (Silent change : SILENT) {
      rejected.clear();
      createTable(change.from());
      String as = change.toString();
      try (BatchWriter<Cell> writer = builder().build();
          BatchWriter<Cell> direct = builder().buildDisabled()) {
        direct.add(new Cell(0, change.value()));
        writer.add(new Cell(1, change.value()));
        Bet.execute(
            dataSource,
            "ALTER TABLE cells ALTER v TYPE %s USING %s".formatted(change.to(), change.using()));
        writer.add(new Cell(2, change.value()));
        assertThat(writer.awaitFlushed(DEADLINE)).as(as).isTrue();
        direct.add(new Cell(3, change.value()));
        assertThat(writer.stats().retries()).as(as).isZero();
      }
      assertThat(rejected).as(as).isEmpty();
      assertThat(inTable())
          .as(as)
          .contains("1 " + change.shown(), "2 " + change.shown(), "3 " + change.shown());
    }
  }

  /** A change of the table that concerns no column of the writer costs it nothing. */
  @Test
  void otherColumnsMayComeAndGo() throws Exception {
    createTable("int");
    try (BatchWriter<Cell> writer = builder().build()) {
      for (int id = 0; id < 3; id++) {
        writer.add(new Cell(id, id));
        assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
        Bet.execute(dataSource, "ALTER TABLE cells DROP IF EXISTS w");
        Bet.execute(dataSource, "ALTER TABLE cells ADD w " + (id == 0 ? "text" : "int"));
      }
    }
    assertThat(rejected).isEmpty();
    assertThat(inTable()).containsExactly("0 0", "1 1", "2 2");
  }

  @Test
  void aTableIsReadAgainOnceForAChangeAndNotForWhatItRefuses() throws Exception {
    createTable("int CHECK (v < 10)");
    AtomicInteger reads = new AtomicInteger();
    DataSource counted =
        new DelegatingDataSource(dataSource) {
          @Override
          public Connection getConnection() throws SQLException {
            reads.incrementAndGet();
            return super.getConnection();
          }
        };
    Bet.execute(dataSource, "DROP TABLE cells");
    createTable("text");
    Bet.execute(dataSource, "ALTER TABLE cells ADD CHECK (v::int < 10)");
    BatchTable<Cell> table =
        BatchTable.<Cell>named("cells").key("id", Cell::id).column("v", Cell::value).build();
    try (BatchWriter<Cell> writer =
        BatchWriter.builder(counted, table, r -> rejected.add(r.row().id().toString()))
            .config(BatchConfig.builder().workers(1).flushInterval(Duration.ofHours(1)).build())
            .build()) {
      int before = reads.get();
      for (int i = 0; i < 10; i++) {
        writer.add(new Cell(i, i == 5 ? "five" : "1")); // 22P02
        assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
      }
      assertThat(reads.get() - before).as("ten chunks, and one attempt more").isEqualTo(11);
      assertThat(rejected).containsExactly("5");
    }
  }

  @Test
  void theSameWhereEachRowIsWrittenAtOnce() throws Exception {
    for (Change change : CHANGES) {
      rejected.clear();
      createTable(change.from());
      try (BatchWriter<Cell> writer = builder().buildDisabled()) {
        writer.add(new Cell(1, change.before()));
        alter(change);
        writer.add(new Cell(3, change.after()));
      }
      assertThat(rejected).as(change.toString()).isEmpty();
      assertThat(inTable()).as(change.toString()).contains("3 " + change.afterShown());
    }
  }

  @Test
  void aKeyThatBecomesABigintKeepsItsOrder() throws Exception {
    Bet.execute(dataSource, "DROP TABLE IF EXISTS cells");
    Bet.execute(dataSource, "CREATE TABLE cells (id int PRIMARY KEY, v text)");
    try (BatchWriter<Cell> writer = builder().build()) {
      for (int id = -50; id < 50; id++) {
        writer.add(new Cell(id, "before"));
      }
      Bet.execute(dataSource, "ALTER TABLE cells ALTER id TYPE bigint");
      writer.add(new Cell(Long.MAX_VALUE, "after"));
      for (int id = -50; id < 50; id++) {
        writer.add(new Cell(id, "after"));
      }
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
    }
    assertThat(rejected).isEmpty();
    assertThat(BatchQueries.column(dataSource, "SELECT count(*) || min(v) FROM cells"))
        .containsExactly("101after");
  }

  @Test
  void aKeyThatBecomesSomethingElseNeedsANewWriter() throws Exception {
    createTable("text");
    try (BatchWriter<Cell> writer = builder().build()) {
      writer.add(new Cell(1, "before"));
      Bet.execute(dataSource, "ALTER TABLE cells ALTER id TYPE text");
      writer.add(new Cell(2, "after"));
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
      writer.add(new Cell(1, "again"));
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
      assertThat(inTable()).containsExactly("1 again", "2 after");
      assertThatThrownBy(() -> writer.add(new Cell("a", "a")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("id (bigint): a java.lang.String");
    }
  }

  @Test
  void aValueThatNeitherTypeTakesIsRefusedAsEver() throws Exception {
    createTable("int");
    try (BatchWriter<Cell> writer = builder().build()) {
      for (int i = 0; i < 1_000; i++) {
        assertThatThrownBy(() -> writer.add(new Cell(1, "a")))
            .hasMessageStartingWith("v (integer): a java.lang.String");
      }
      alter(new Change("int", "bigint", "v", 0, "", 0, ""));
      Await.until("taken", DEADLINE, () -> takes(writer, new Cell(1, 3_000_000_000L)));
    }
    assertThat(inTable()).containsExactly("1 3000000000");
  }

  private static boolean takes(BatchWriter<Cell> writer, Cell cell) {
    try {
      writer.add(cell);
      return true;
    } catch (IllegalArgumentException misfit) {
      return false; // it asks at most once a second
    }
  }

  @Test
  void aTableThatIsGoneOrLacksAColumnStopsTheWriter() throws Exception {
    createTable("int");
    try (BatchWriter<Cell> writer = builder().build()) {
      Bet.execute(dataSource, "ALTER TABLE cells DROP v");
      writer.add(new Cell(1, 1));
      assertThat(writer.awaitFlushed(DEADLINE)).isFalse();
      assertThat(writer.health().stoppedBy()).contains("SQLSTATE 42703");
      assertThat(writer.close(DEADLINE).returned()).containsExactly(new Cell(1, 1));
    }
  }
}
