package io.perfkit.db.batch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/**
 * Rows that need each other beside rows that the database refuses. A model says which rows must be
 * in the table: the largest set without a bad row in which each row finds the one that it needs.
 */
@RealPostgres
final class DependentRowsIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final int ROUNDS = 30;
  private static final long NOBODY = 9999;

  private static final List<String> STATES =
      List.of("P0001", "23503", "23514", "22023", "42501", "0A000", "55000", "XX000");

  private final TestDatabase database;
  private final DataSource dataSource;

  DependentRowsIT(TestDatabase database) {
    this.database = database;
    this.dataSource = database.dataSource();
  }

  /** A row; {@code next} is the id that it needs, or null. */
  private record Linked(Object id, String market, Object next) {
    boolean bad() {
      return market.equals("bad");
    }
  }

  /** What makes a row need another one, with the SQLSTATE of a trigger. */
  private enum Need {
    KEY(" REFERENCES links"),
    KEY_CHECKED_AT_ONCE(" REFERENCES links DEFERRABLE"),
    KEY_DEFERRED(" REFERENCES links DEFERRABLE INITIALLY DEFERRED"),
    TRIGGER_AFTER(""),
    TRIGGER_DEFERRED(""),
    TRIGGER_BEFORE("");

    final String reference;

    Need(String reference) {
      this.reference = reference;
    }
  }

  /** What refuses a bad row. */
  private enum Refusal {
    CHECK,
    TRIGGER,
    TRIGGER_DEFERRED,
    KEY,
    KEY_DEFERRED,
    /** It needs a row that does not exist. */
    NEED
  }

  private record Round(
      Need need,
      Refusal refusal,
      String needState,
      String badState,
      OnConflict onConflict,
      String keyType,
      List<Linked> rows) {

    static Round random(Random random) {
      Need need = pick(random, Need.values());
      OnConflict onConflict = pick(random, OnConflict.values());
      String keyType = random.nextInt(4) == 0 ? "citext" : "bigint";
      Refusal refusal = pick(random, Refusal.values());
      List<Linked> rows = rows(random, need, refusal, onConflict, keyType);
      return new Round(
          need,
          refusal,
          pick(random, STATES.toArray(String[]::new)),
          pick(random, STATES.toArray(String[]::new)),
          onConflict,
          keyType,
          rows);
    }

    private static List<Linked> rows(
        Random random, Need need, Refusal refusal, OnConflict onConflict, String keyType) {
      int count = 4 + random.nextInt(36);
      List<Integer> ids = new ArrayList<>();
      for (int i = 1; i <= count; i++) {
        ids.add(i);
      }
      Collections.shuffle(ids, random);
      Map<Integer, Long> next = new HashMap<>();
      for (int at = 0; at < count; ) { // circles, chains and rows that need nobody
        int size = Math.min(count - at, 1 + random.nextInt(random.nextInt(3) == 0 ? 24 : 4));
        boolean circle = need != Need.TRIGGER_BEFORE && random.nextBoolean();
        for (int i = 0; i < size; i++) {
          boolean last = i == size - 1;
          Integer to = last && !circle ? null : ids.get(at + (i + 1) % size);
          next.put(ids.get(at + i), to == null ? null : Long.valueOf(to));
        }
        at += size;
      }
      List<Linked> rows = new ArrayList<>();
      Collections.shuffle(ids, random);
      for (int i = 0; i < count; i++) {
        int id = ids.get(i);
        rows.add(row(id, random.nextInt(5) == 0, next.get(id), refusal, keyType, random));
        boolean twice = onConflict != OnConflict.REJECT && need != Need.TRIGGER_BEFORE;
        if (twice && random.nextInt(4) == 0) { // another of a key
          int again = ids.get(random.nextInt(i + 1));
          rows.add(row(again, random.nextInt(3) == 0, next.get(again), refusal, keyType, random));
        }
      }
      return rows;
    }

    private static Linked row(
        int id, boolean bad, Long next, Refusal refusal, String keyType, Random random) {
      String market = bad ? "bad" : "good" + random.nextInt(1000);
      Long to = bad && refusal == Refusal.NEED ? Long.valueOf(NOBODY) : next;
      return keyType.equals("bigint")
          ? new Linked((long) id, market, to)
          : new Linked(
              (random.nextBoolean() ? "K" : "k") + id, market, to == null ? null : "k" + to);
    }

    private static <T> T pick(Random random, T[] of) {
      return of[random.nextInt(of.length)];
    }

    /** The market of each id that must be in the table. */
    Map<String, String> expected() {
      Map<String, List<Linked>> byKey = new TreeMap<>();
      rows.forEach(row -> byKey.computeIfAbsent(key(row.id()), k -> new ArrayList<>()).add(row));
      Set<String> there = new HashSet<>(byKey.keySet());
      while (there.removeIf(key -> byKey.get(key).stream().noneMatch(row -> isGood(row, there)))) {
        // Until each key that is left has a row that finds the one that it needs.
      }
      Map<String, String> expected = new TreeMap<>();
      byKey.forEach(
          (key, of) ->
              of.stream()
                  .filter(row -> isGood(row, there))
                  .forEach(
                      row -> {
                        if (onConflict == OnConflict.UPDATE) {
                          expected.put(key, row.market());
                        } else {
                          expected.putIfAbsent(key, row.market());
                        }
                      }));
      return expected;
    }

    private static boolean isGood(Linked row, Set<String> there) {
      return !row.bad() && (row.next() == null || there.contains(key(row.next())));
    }

    private static String key(Object id) {
      return id.toString().toLowerCase(java.util.Locale.ROOT);
    }
  }

  private void createTable(Round round) {
    Bet.execute(dataSource, "DROP TABLE IF EXISTS links, markets");
    Bet.execute(dataSource, "CREATE EXTENSION IF NOT EXISTS citext");
    Bet.execute(dataSource, "CREATE TABLE markets (name text PRIMARY KEY)");
    Bet.execute(
        dataSource,
        "INSERT INTO markets SELECT 'good' UNION ALL"
            + " SELECT 'good' || i FROM generate_series(0, 999) AS i");
    String market =
        switch (round.refusal()) {
          case CHECK -> " CHECK (market <> 'bad')";
          case KEY -> " REFERENCES markets";
          case KEY_DEFERRED -> " REFERENCES markets DEFERRABLE INITIALLY DEFERRED";
          default -> "";
        };
    Bet.execute(
        dataSource,
        "CREATE TABLE links (id %1$s PRIMARY KEY, market text%2$s, next %1$s%3$s)"
            .formatted(round.keyType(), market, round.need().reference));
    String missing = "NEW.next IS NOT NULL AND NOT EXISTS (SELECT FROM links WHERE id = NEW.next)";
    switch (round.need()) {
      case TRIGGER_BEFORE -> trigger("needs", "BEFORE", missing, round.needState());
      case TRIGGER_AFTER -> trigger("needs", "AFTER", missing, round.needState());
      case TRIGGER_DEFERRED -> trigger("needs", "DEFERRED", missing, round.needState());
      default -> {}
    }
    switch (round.refusal()) {
      case TRIGGER -> trigger("guards", "BEFORE", "NEW.market = 'bad'", round.badState());
      case TRIGGER_DEFERRED ->
          trigger("guards", "DEFERRED", "NEW.market = 'bad'", round.badState());
      case NEED -> {
        if (round.need() == Need.TRIGGER_BEFORE) {
          trigger("guards", "AFTER", "NEW.next::text LIKE '%9999'", round.badState());
        }
      }
      default -> {}
    }
  }

  private void trigger(String name, String when, String condition, String state) {
    Bet.execute(
        dataSource,
        "CREATE OR REPLACE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN IF %s THEN"
                .formatted(name, condition)
            + " RAISE EXCEPTION 'no' USING ERRCODE = '%s'; END IF; RETURN NEW; END $f$"
                .formatted(state));
    boolean deferred = when.equals("DEFERRED");
    Bet.execute(
        dataSource,
        "CREATE %sTRIGGER %s %s INSERT OR UPDATE ON links %sFOR EACH ROW EXECUTE FUNCTION %s()"
            .formatted(
                deferred ? "CONSTRAINT " : "",
                name,
                deferred ? "AFTER" : when,
                deferred ? "DEFERRABLE INITIALLY DEFERRED " : "",
                name));
  }

  /** What the table holds after the rows were written, and the ids of those refused. */
  private Map<String, String> written(
      Round round,
      DataSource of,
      UnaryOperator<RowStatement<Linked>> statement,
      List<Linked> refused)
      throws SQLException, InterruptedException {
    createTable(round);
    try (BatchWriter<Linked> writer =
        BatchWriter.builder(
                of,
                BatchTable.of("links", Linked.class, "id"),
                rejection -> refused.add(rejection.row()))
            .config(
                BatchConfig.builder()
                    .workers(1)
                    .flushInterval(Duration.ofHours(1))
                    .onConflict(round.onConflict())
                    .build())
            .statement(statement)
            .build()) {
      for (Linked row : round.rows()) {
        writer.add(row);
      }
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
      assertThat(writer.health().healthy()).isTrue();
      assertThat(writer.stats().rows().balanced()).isTrue();
    }
    Map<String, String> found = new TreeMap<>();
    for (String row :
        BatchQueries.column(dataSource, "SELECT lower(id::text) || ' ' || market FROM links")) {
      found.put(row.substring(0, row.indexOf(' ')), row.substring(row.indexOf(' ') + 1));
    }
    return found;
  }

  @Test
  void exactlyTheRowsThatCanBeWrittenAre() throws Exception {
    long now = System.nanoTime();
    long seed = Long.getLong("perf.chaos.seed", now);
    long end = now + SECONDS.toNanos(Long.getLong("perf.chaos.seconds", 5));
    for (int i = 0; i < ROUNDS || System.nanoTime() < end; i++) {
      Round round = Round.random(new Random(seed + i));
      List<Linked> refused = Collections.synchronizedList(new ArrayList<>());
      String as = "seed " + (seed + i) + "L, " + round;
      assertThat(written(round, dataSource, same -> same, refused))
          .as(as)
          .isEqualTo(round.expected());
    }
  }

  /** Without the probe, the writer can only try all of them together. */
  private static final class WithoutProbe implements RowStatement<Linked> {
    private final RowStatement<Linked> whole;

    WithoutProbe(RowStatement<Linked> whole) {
      this.whole = whole;
    }

    @Override
    public String write(Connection connection, List<MergedRow<Linked>> rows) throws SQLException {
      return whole.write(connection, rows);
    }

    @Override
    public void checkAtOnce(Connection connection) throws SQLException {
      whole.checkAtOnce(connection);
    }

    @Override
    public Fate fate(Connection connection, String transaction) throws SQLException {
      return whole.fate(connection, transaction);
    }
  }

  @Test
  void aWriterThatOnlyTriesThemTogetherIsCaught() throws Exception {
    long seed = System.nanoTime();
    for (int i = 0; i < 100; i++) {
      Round round = Round.random(new Random(seed + i));
      if (!written(round, dataSource, WithoutProbe::new, new ArrayList<>())
          .equals(round.expected())) {
        return;
      }
    }
    throw new AssertionError("seed " + seed + ": no round needed the probe");
  }

  @Test
  void rowsOfADenseCircleAreWrittenBesideManyBadOnes() throws Exception {
    List<Linked> rows = new ArrayList<>();
    for (long id = 1; id <= 200; id++) {
      rows.add(new Linked(id, id % 2 == 0 ? "bad" : "good", (id + 2) % 200));
    }
    rows.replaceAll(row -> row.bad() ? new Linked(row.id(), "bad", NOBODY) : row);
    rows.set(198, new Linked(199L, "good", 1L));
    Round round =
        new Round(Need.KEY, Refusal.NEED, "P0001", "P0001", OnConflict.UPDATE, "bigint", rows);
    List<Linked> refused = Collections.synchronizedList(new ArrayList<>());
    assertThat(written(round, dataSource, same -> same, refused)).isEqualTo(round.expected());
    assertThat(refused).hasSize(100).allMatch(Linked::bad);
  }

  /** Then rows in need are written if no bad row has the SQLSTATE of a missing row. */
  @Test
  void withoutTheRightToCreateATemporaryTable() throws Exception {
    Bet.execute(
        dataSource,
        "DO $$ BEGIN CREATE ROLE linker; EXCEPTION WHEN duplicate_object THEN NULL; END $$");
    Bet.execute(
        dataSource,
        "DO $$ BEGIN EXECUTE format('REVOKE TEMP ON DATABASE %I FROM PUBLIC', current_database());"
            + " ALTER DEFAULT PRIVILEGES GRANT ALL ON TABLES TO linker; END $$");
    PGSimpleDataSource linker = new PGSimpleDataSource();
    linker.setUrl(database.jdbcUrl());
    linker.setUser(database.user());
    linker.setPassword(database.password());
    linker.setOptions("-c role=linker");
    List<Linked> rows = new ArrayList<>();
    for (long id = 1; id <= 20; id++) {
      rows.add(
          new Linked(id, id == 7 ? "bad" : "good", id == 7 ? null : id == 6 ? 8L : id % 20 + 1));
    }
    Round round =
        new Round(Need.KEY, Refusal.CHECK, "P0001", "P0001", OnConflict.UPDATE, "bigint", rows);
    try {
      List<Linked> refused = Collections.synchronizedList(new ArrayList<>());
      assertThat(written(round, linker, same -> same, refused)).isEqualTo(round.expected());
      assertThat(refused).singleElement().matches(Linked::bad);
    } finally {
      Bet.execute(
          dataSource,
          "DO $$ BEGIN EXECUTE format('GRANT TEMP ON DATABASE %I TO PUBLIC', current_database());"
              + " ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM linker; END $$");
    }
  }
}
