package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** One row that the database refuses, by whatever SQLSTATE, harms no other. */
@RealPostgres
final class OneBadRowIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final Duration BUDGET = Duration.ofHours(1);
  private static final int ROWS = 50;
  private static final long BAD = 17;

  private final TestDatabase database;
  private final DataSource dataSource;
  private final List<String> rejected = Collections.synchronizedList(new ArrayList<>());
  private final AtomicLong skipped = new AtomicLong();

  OneBadRowIT(TestDatabase database) {
    this.database = database;
    dataSource = database.dataSource();
    Bet.createTable(dataSource);
  }

  /** One that cuts no chunk and gives no row up because a busy machine takes its time. */
  private BatchWriter<Bet> writer(DataSource of) throws SQLException {
    BatchWriter.Builder<Bet> builder =
        BatchWriter.builder(of, Bet.TABLE, rejection -> note(rejection.row().id(), rejection))
            .config(
                BatchConfig.builder()
                    .workers(1)
                    .flushInterval(Duration.ofHours(1))
                    .writeTimeout(Duration.ofSeconds(1))
                    .maxRetryPause(Duration.ofMillis(50))
                    .retryFor(BUDGET)
                    .build());
    builder.nanos = () -> System.nanoTime() + skipped.get();
    return builder.build();
  }

  /** Has it write what waits, and does not wait for it. */
  private static void flush(BatchWriter<?> writer) throws InterruptedException {
    boolean unused = writer.awaitFlushed(Duration.ZERO);
  }

  private void note(long id, Rejection<?> rejection) {
    rejected.add(id + " " + rejection.reason() + " " + rejection.sqlState().orElse(""));
  }

  private DataSource as(String role) {
    PGSimpleDataSource restricted = new PGSimpleDataSource();
    restricted.setUrl(database.jdbcUrl());
    restricted.setUser(database.user());
    restricted.setPassword(database.password());
    restricted.setOptions("-c role=" + role);
    return restricted;
  }

  private void trigger(String body) {
    Bet.execute(
        dataSource,
        "CREATE OR REPLACE FUNCTION guard() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN "
            + body
            + " RETURN NEW; END $f$");
    Bet.execute(
        dataSource,
        "CREATE OR REPLACE TRIGGER guard BEFORE INSERT ON bets FOR EACH ROW EXECUTE FUNCTION"
            + " guard()");
  }

  private static Bet row(long id) {
    return Bet.of(id, id == BAD ? "bad" : "good");
  }

  private void writeAll(BatchWriter<Bet> writer) throws InterruptedException {
    for (long id = 0; id < ROWS; id++) {
      writer.add(row(id));
    }
    assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
    writer.add(row(1000));
    assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
  }

  /**
   * Rows of other keys are written; the bad one and a later one of its key, without the trigger.
   */
  private void othersOvertakeTheBadRow(BatchWriter<Bet> writer) throws InterruptedException {
    for (long id = 0; id < ROWS; id++) {
      writer.add(row(id));
    }
    flush(writer);
    Await.until("the others", DEADLINE, () -> Bet.inTable(dataSource).size() == ROWS - 1);
    assertThat(writer.awaitFlushed(Duration.ofMillis(1))).isFalse();
    writer.add(Bet.of(BAD, "later"));
    writer.add(row(1000));
    flush(writer);
    Await.until("the next", DEADLINE, () -> Bet.inTable(dataSource).containsKey(1000L));
    assertThat(Bet.inTable(dataSource)).doesNotContainKey(BAD);
    assertThat(writer.health().workersRetrying()).isEqualTo(1);
    trigger("");
    assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
    assertThat(writer.stats().rows()).isEqualTo(new RowCounts(ROWS + 2, ROWS + 2, 0, 0, 0));
  }

  private void onlyTheBadRowIsRefused(String state) {
    assertThat(rejected).containsExactly(BAD + " REFUSED " + state);
    assertThat(Bet.inTable(dataSource)).hasSize(ROWS).doesNotContainKey(BAD);
  }

  @Test
  void whateverTheStateThatItsTriggerRaises() throws Exception {
    for (String state :
        List.of(
            "42501", "42P01", "42601", "0A000", "XX000", "XX001", "55000", "28000", "3D000",
            "P0001", "54000", "58030", "25006", "08006", "57P03")) {
      rejected.clear();
      Bet.createTable(dataSource);
      trigger(
          "IF NEW.market = 'bad' THEN RAISE EXCEPTION 'no' USING ERRCODE = '"
              + state
              + "'; END IF;");
      try (BatchWriter<Bet> writer = writer(dataSource)) {
        writeAll(writer);
        assertThat(writer.health().healthy()).as(state).isTrue();
      }
      onlyTheBadRowIsRefused(state);
    }
  }

  @Test
  void thatAPolicyRefuses() throws Exception {
    Bet.execute(dataSource, "ALTER TABLE bets ENABLE ROW LEVEL SECURITY");
    Bet.execute(dataSource, "ALTER TABLE bets FORCE ROW LEVEL SECURITY");
    Bet.execute(dataSource, "CREATE POLICY mine ON bets USING (true) WITH CHECK (market <> 'bad')");
    Bet.execute(
        dataSource,
        "DO $$ BEGIN CREATE ROLE bettor; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    Bet.execute(dataSource, "GRANT ALL ON bets TO bettor");
    try (BatchWriter<Bet> writer = writer(as("bettor"))) {
      writeAll(writer);
    }
    onlyTheBadRowIsRefused("42501");
  }

  @Test
  void thatNoPartTakes() throws Exception {
    Bet.execute(dataSource, "DROP TABLE bets");
    Bet.execute(
        dataSource,
        "CREATE TABLE bets (id bigint, market varchar(20), stake numeric, PRIMARY KEY (id, market))"
            + " PARTITION BY LIST (market)");
    Bet.execute(dataSource, "CREATE TABLE bets_good PARTITION OF bets FOR VALUES IN ('good')");
    BatchTable<Bet> table = BatchTable.of("bets", Bet.class, "id", "market");
    try (BatchWriter<Bet> writer =
        BatchWriter.create(dataSource, table, rejection -> note(rejection.row().id(), rejection))) {
      writeAll(writer);
    }
    assertThat(rejected).containsExactly(BAD + " REFUSED 23514");
    Bet.execute(dataSource, "DROP TABLE bets CASCADE");
  }

  @Test
  void whoseTriggerOutlastsTheTimeOfAStatement() throws Exception {
    trigger("IF NEW.market = 'bad' THEN PERFORM pg_sleep(3600); END IF;");
    try (BatchWriter<Bet> writer = writer(dataSource)) {
      othersOvertakeTheBadRow(writer);
    }
    assertThat(Bet.inTable(dataSource)).hasSize(ROWS + 1).containsEntry(BAD, "later");
    assertThat(rejected).isEmpty();
  }

  @Test
  void thatTakesTooLongIsGivenUpAloneAndHandedBackWhenClosed() throws Exception {
    trigger("IF NEW.market = 'bad' THEN PERFORM pg_sleep(3600); END IF;");
    try (BatchWriter<Bet> writer = writer(dataSource)) {
      writer.add(row(BAD));
      writer.add(row(1));
      flush(writer);
      Await.until("the other", DEADLINE, () -> writer.stats().rows().flushed() == 1);
      assertThat(Bet.inTable(dataSource)).containsOnlyKeys(1L);
      CloseResult<Bet> closed = writer.close(Duration.ZERO);
      assertThat(closed.returned()).containsExactly(row(BAD));
      assertThat(closed.rows()).isEqualTo(new RowCounts(2, 1, 0, 1, 0));
    }
    try (BatchWriter<Bet> writer = writer(dataSource)) {
      writer.add(row(BAD));
      writer.add(row(2));
      flush(writer);
      Await.until("the other", DEADLINE, () -> writer.stats().rows().flushed() == 1);
      skipped.addAndGet(BUDGET.toNanos());
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
    }
    assertThat(rejected).containsExactly(BAD + " UNAVAILABLE 57014");
    assertThat(Bet.inTable(dataSource)).containsOnlyKeys(1L, 2L);
  }

  @Test
  void forWhichTheDatabaseLacksAResourceIsTriedAgainAlone() throws Exception {
    for (String state : List.of("53100", "53200", "53300", "53400")) {
      rejected.clear();
      Bet.createTable(dataSource);
      trigger(
          "IF NEW.market = 'bad' THEN RAISE EXCEPTION 'no' USING ERRCODE = '"
              + state
              + "'; END IF;");
      try (BatchWriter<Bet> writer = writer(dataSource)) {
        othersOvertakeTheBadRow(writer);
      }
      assertThat(Bet.inTable(dataSource)).hasSize(ROWS + 1).containsEntry(BAD, "later");
      assertThat(rejected).isEmpty();
    }
  }

  @Test
  void forWhichTheDatabaseLacksAResourceForTooLongIsGivenUpAloneAsUnavailable() throws Exception {
    trigger("IF NEW.market = 'bad' THEN RAISE EXCEPTION 'no' USING ERRCODE = 'disk_full'; END IF;");
    try (BatchWriter<Bet> writer = writer(dataSource)) {
      for (long id = 0; id < ROWS; id++) {
        writer.add(row(id));
      }
      flush(writer);
      Await.until("the others", DEADLINE, () -> writer.stats().rows().flushed() == ROWS - 1);
      skipped.addAndGet(BUDGET.toNanos());
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
    }
    assertThat(rejected).containsExactly(BAD + " UNAVAILABLE 53100");
    assertThat(Bet.inTable(dataSource)).hasSize(ROWS - 1).doesNotContainKey(BAD);
  }

  /** The caller that is to help finds nothing to write until the slow row is due again. */
  @Test
  void aCallerThatIsToWriteSleepsWhileAllThatWaitsIsBehindASlowRow() throws Exception {
    trigger("IF NEW.market = 'bad' THEN PERFORM pg_sleep(3600); END IF;");
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    try (BatchWriter<Bet> writer =
        BatchWriter.builder(
                dataSource, Bet.TABLE, rejection -> note(rejection.row().id(), rejection))
            .config(
                BatchConfig.builder()
                    .workers(1)
                    .flushRows(1)
                    .maxBufferRows(2)
                    .writeTimeout(Duration.ofSeconds(1))
                    .onFull(OnFull.CALLER_RUNS)
                    .blockFor(Duration.ofSeconds(2))
                    .closeWithin(Duration.ZERO)
                    .build())
            .build()) {
      writer.add(row(BAD));
      Await.until("set aside", DEADLINE, () -> writer.health().workersRetrying() == 1);
      writer.add(row(BAD));
      long before = threads.getCurrentThreadCpuTime();
      assertThatThrownBy(() -> writer.add(row(1))).isInstanceOf(BufferFull.class);
      assertThat(Duration.ofNanos(threads.getCurrentThreadCpuTime() - before))
          .isLessThan(Duration.ofMillis(500));
    }
  }

  @Test
  void aPreparedNameThatAnotherClientTookCostsNoRow() throws Exception {
    HikariConfig one = new HikariConfig();
    one.setJdbcUrl(database.jdbcUrl());
    one.setUsername(database.user());
    one.setPassword(database.password());
    one.addDataSourceProperty("prepareThreshold", "1");
    one.setMaximumPoolSize(1);
    try (HikariDataSource pool = new HikariDataSource(one);
        BatchWriter<Bet> writer = writer(pool)) {
      try (Connection connection = pool.getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(
            "DO $$ BEGIN FOR i IN 1..40 LOOP"
                + " IF NOT EXISTS (SELECT FROM pg_prepared_statements WHERE name = 'S_' || i)"
                + " THEN EXECUTE format('PREPARE %I AS SELECT 1', 'S_' || i); END IF;"
                + " END LOOP; END $$");
      }
      for (long id = 100; id < 400; id++) {
        writer.add(row(id));
        assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
      }
      assertThat(writer.stats().retries()).isPositive();
    }
    assertThat(rejected).isEmpty();
    assertThat(Bet.inTable(dataSource)).hasSize(300);
  }

  @Test
  void aloneInItsChunk() throws Exception {
    trigger("IF NEW.market = 'bad' THEN RAISE EXCEPTION 'no' USING ERRCODE = '42501'; END IF;");
    try (BatchWriter<Bet> writer = writer(dataSource)) {
      writer.add(row(BAD));
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
      writer.add(row(1));
    }
    assertThat(rejected).containsExactly(BAD + " REFUSED 42501");
    assertThat(Bet.inTable(dataSource)).containsOnlyKeys(1L);
  }

  @Test
  void whoseNeighboursNeedEachOther() throws Exception {
    Bet.execute(
        dataSource,
        "ALTER TABLE bets ADD next bigint REFERENCES bets DEFERRABLE INITIALLY DEFERRED");
    trigger("IF NEW.market = 'bad' THEN RAISE EXCEPTION 'no'; END IF;");
    needEachOther();
    onlyTheBadRowIsRefused("P0001");

    rejected.clear();
    Bet.execute(dataSource, "DROP TRIGGER guard ON bets");
    Bet.execute(dataSource, "TRUNCATE bets");
    Bet.execute(dataSource, "CREATE TABLE IF NOT EXISTS markets (name varchar(20) PRIMARY KEY)");
    Bet.execute(dataSource, "INSERT INTO markets VALUES ('good') ON CONFLICT DO NOTHING");
    Bet.execute(
        dataSource,
        "ALTER TABLE bets ADD FOREIGN KEY (market) REFERENCES markets"
            + " DEFERRABLE INITIALLY DEFERRED");
    needEachOther();
    onlyTheBadRowIsRefused("23503");
    Bet.execute(dataSource, "DROP TABLE bets, markets");
  }

  /** The older and the newer row of a key that both need a row which is written after them. */
  @Test
  void rowsOfOneKeyThatNeedAnotherRowAreWritten() throws Exception {
    Bet.execute(dataSource, "ALTER TABLE bets ADD next bigint REFERENCES bets");
    trigger("IF NEW.market = 'bad' THEN RAISE EXCEPTION 'no'; END IF;");
    try (BatchWriter<Linked> writer = linkedWriter(OnConflict.UPDATE)) {
      writer.add(new Linked(50L, "good", null));
      writer.add(new Linked(1L, "older", 50L));
      writer.add(new Linked(1L, "newer", 50L));
      writer.add(new Linked(BAD, "bad", null));
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
    }
    assertThat(rejected).containsExactly(BAD + " REFUSED P0001");
    assertThat(Bet.inTable(dataSource)).containsOnlyKeys(1L, 50L);
    assertThat(Bet.inTable(dataSource).get(1L)).isEqualTo("newer");
  }

  private record Linked(Object id, String market, Object next) {}

  private BatchWriter<Linked> linkedWriter(OnConflict onConflict) throws SQLException {
    BatchTable<Linked> table = BatchTable.of("bets", Linked.class, "id");
    return BatchWriter.builder(
            dataSource,
            table,
            rejection -> note(Long.parseLong(rejection.row().id().toString()), rejection))
        .config(
            BatchConfig.builder()
                .workers(1)
                .flushInterval(Duration.ofHours(1))
                .onConflict(onConflict)
                .build())
        .build();
  }

  /** Each row names the one that is added after it. */
  private void needEachOther() throws Exception {
    try (BatchWriter<Linked> writer = linkedWriter(OnConflict.UPDATE)) {
      for (long id = 0; id < ROWS; id++) {
        Bet row = row(id);
        boolean last = id == ROWS - 1 || id + 1 == BAD || id == BAD;
        writer.add(new Linked(id, row.market(), last ? null : id + 1));
      }
      writer.awaitFlushed(DEADLINE);
      writer.add(new Linked(1000L, "good", null));
    }
  }

  /**
   * Tables whose keys Java can or can't compare, of all rows or of some, and what a key needs to be
   * a reference.
   */
  private static final List<List<String>> KEYS =
      List.of(
          List.of("id bigint PRIMARY KEY", "next bigint REFERENCES bets", ""),
          List.of("id citext PRIMARY KEY", "next citext REFERENCES bets", ""),
          List.of(
              "id bigint",
              "next bigint REFERENCES bets (again)",
              "again bigint GENERATED ALWAYS AS (id) STORED UNIQUE",
              "CREATE UNIQUE INDEX ON bets (id) WHERE market <> 'gone'"),
          List.of(
              "id text",
              "next text REFERENCES bets (again)",
              "again text GENERATED ALWAYS AS (lower(id)) STORED UNIQUE",
              "CREATE UNIQUE INDEX ON bets (lower(id))"));

  /** The reference is checked at once or at the commit; the bad row fails at once or there. */
  @Test
  void whoseNeighboursNeedALaterRowWhateverTheKeyAndThePolicy() throws Exception {
    Bet.execute(dataSource, "CREATE EXTENSION IF NOT EXISTS citext");
    for (List<String> key : KEYS) {
      for (OnConflict onConflict : OnConflict.values()) {
        for (String when : List.of("", " DEFERRABLE INITIALLY DEFERRED")) {
          for (String refusedBy : List.of("CHECK", "TRIGGER", "DEFERRED")) {
            String as = key + " " + onConflict + when + " " + refusedBy;
            linkedTable(key, when, refusedBy);
            rejected.clear();
            try (BatchWriter<Linked> writer = linkedWriter(onConflict)) {
              writer.add(linked(key, 1, "first", 40));
              writer.add(linked(key, 2, "good", 3)); // they need each other
              writer.add(linked(key, BAD, "bad", 0));
              if (onConflict != OnConflict.REJECT) {
                writer.add(linked(key, 1, "second", 50));
              }
              writer.add(linked(key, 50, "good", 0));
              writer.add(linked(key, 3, "good", 2));
              writer.add(linked(key, 40, "good", 50));
              assertThat(writer.awaitFlushed(DEADLINE)).as(as).isTrue();
            }
            assertThat(rejected).as(as).singleElement().asString().startsWith(BAD + " REFUSED");
            assertThat(
                    BatchQueries.column(
                        dataSource,
                        "SELECT concat_ws(' ', id, market, next) FROM bets ORDER BY id::text"))
                .as(as)
                .containsExactly(
                    onConflict == OnConflict.UPDATE ? "1 second 50" : "1 first 40",
                    "2 good 3",
                    "3 good 2",
                    "40 good 50",
                    "50 good");
          }
        }
      }
    }
    Bet.execute(dataSource, "DROP TABLE bets, markets");
  }

  private static Linked linked(List<String> key, long id, String market, long next) {
    boolean text = !key.get(0).contains("bigint");
    Object of = text ? Long.toString(id) : (Object) id;
    Object to = text ? Long.toString(next) : (Object) next;
    return new Linked(of, market, next == 0 ? null : to);
  }

  private void linkedTable(List<String> key, String when, String refusedBy) {
    Bet.execute(dataSource, "DROP TABLE IF EXISTS bets, markets");
    Bet.execute(dataSource, "CREATE TABLE markets (name text PRIMARY KEY)");
    Bet.execute(dataSource, "INSERT INTO markets VALUES ('good'), ('first'), ('second')");
    String market =
        switch (refusedBy) {
          case "CHECK" -> " CHECK (market <> 'bad')";
          case "DEFERRED" -> " REFERENCES markets DEFERRABLE INITIALLY DEFERRED";
          default -> "";
        };
    String more = key.get(2).isEmpty() ? "" : ", " + key.get(2);
    Bet.execute(
        dataSource, "CREATE TABLE bets (" + key.get(0) + ", market text" + market + more + ")");
    Bet.execute(dataSource, "ALTER TABLE bets ADD " + key.get(1) + when);
    if (key.size() > 3) {
      Bet.execute(dataSource, key.get(3));
    }
    if (refusedBy.equals("TRIGGER")) {
      trigger("IF NEW.market = 'bad' THEN RAISE EXCEPTION 'no'; END IF;");
    }
  }

  @Test
  void whatCanNeverBeWrittenIsToldAtOnce() throws Exception {
    Bet.execute(dataSource, "ALTER TABLE bets DROP CONSTRAINT bets_pkey");
    Bet.execute(dataSource, "CREATE UNIQUE INDEX bets_id ON bets (id)");
    Bet.execute(dataSource, "CREATE PUBLICATION all_bets FOR TABLE bets");
    try (BatchWriter<Bet> writer = writer(dataSource)) {
      writer.add(row(1));
      writer.add(row(2));
      flush(writer);
      Await.until("stopped", DEADLINE, () -> !writer.health().running());
      assertThat(writer.health().stoppedBy()).contains("SQLSTATE 55000");
      assertThat(writer.close(DEADLINE).returned()).hasSize(2);
    } finally {
      Bet.execute(dataSource, "DROP PUBLICATION all_bets");
    }
  }
}
