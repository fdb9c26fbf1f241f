package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BinaryOperator;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Upserts of some columns only, under a condition, and into tables with rules. */
@RealPostgres
final class UpsertIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final DataSource dataSource;
  private final List<String> rejected = new ArrayList<>();

  UpsertIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  private record Price(Object id, int version, String text) {}

  private static final BatchTable<Price> NEWEST =
      BatchTable.<Price>named("prices")
          .key("id", Price::id)
          .column("version", Price::version)
          .column("text", Price::text)
          .updateWhere("existing.version < excluded.version")
          .build();

  private static final BatchTable<Price> FIRST_TEXT =
      BatchTable.<Price>named("prices")
          .key("id", Price::id)
          .column("version", Price::version)
          .columnOnInsert("text", Price::text)
          .build();

  private void createTable(String id) {
    Bet.execute(dataSource, "CREATE EXTENSION IF NOT EXISTS citext");
    Bet.execute(dataSource, "DROP TABLE IF EXISTS prices");
    Bet.execute(
        dataSource,
        "CREATE TABLE prices (id " + id + ", version int CHECK (version >= 0), text text)");
  }

  private BatchWriter<Price> writer(
      BatchTable<Price> table, OnConflict onConflict, @Nullable BinaryOperator<Price> merge)
      throws SQLException {
    BatchWriter.Builder<Price> builder =
        BatchWriter.builder(
                dataSource,
                table,
                r -> rejected.add(r.row().id() + " " + r.reason() + " " + r.sqlState().orElse("")))
            .config(
                BatchConfig.builder()
                    .flushInterval(Duration.ofHours(1))
                    .onConflict(onConflict)
                    .build());
    return merge == null ? builder.build() : builder.merge(merge).build();
  }

  private void write(BatchTable<Price> table, Price... prices) throws Exception {
    try (BatchWriter<Price> writer = writer(table, OnConflict.UPDATE, null)) {
      for (Price price : prices) {
        writer.add(price);
      }
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
    }
  }

  private List<String> inTable() throws SQLException {
    return BatchQueries.column(
        dataSource, "SELECT concat_ws(' ', lower(id::text), version, text) FROM prices ORDER BY 1");
  }

  @Test
  void aColumnThatOnlyAnInsertSetsStaysAsItWasFirst() throws Exception {
    for (String key : List.of("int PRIMARY KEY", "int UNIQUE NULLS NOT DISTINCT")) {
      createTable(key);
      Bet.execute(dataSource, "INSERT INTO prices VALUES (1, 0, 'there')");
      write(
          FIRST_TEXT,
          new Price(1, 1, "late"),
          new Price(2, 1, "first"),
          new Price(2, 2, "second"),
          new Price(2, 3, "third"),
          new Price(2, -1, "refused"));
      assertThat(inTable()).containsExactly("1 1 there", "2 3 first");
      assertThat(rejected).containsExactly("2 REFUSED 23514");
      rejected.clear();
    }
  }

  @Test
  void aRowIsUpdatedOnlyIfTheConditionHolds() throws Exception {
    createTable("int PRIMARY KEY");
    Bet.execute(dataSource, "INSERT INTO prices VALUES (1, 5, 'there'), (2, 5, 'there')");
    write(NEWEST, new Price(1, 4, "old"), new Price(2, 6, "new"), new Price(3, 0, "new"));
    assertThat(inTable()).containsExactly("1 5 there", "2 6 new", "3 0 new");
    assertThat(rejected).isEmpty();
  }

  @Test
  void theNewestOfManyRowsOfAKeyStandsInWhateverOrderTheyCome() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    Random random = new Random(seed);
    for (List<String> table :
        List.of(
            List.of("int PRIMARY KEY", ""),
            List.of("citext PRIMARY KEY", ""),
            List.of("int", "CREATE UNIQUE INDEX ON prices (id) WHERE text <> 'gone'"))) {
      for (boolean merges : new boolean[] {false, true}) {
        String as = "seed " + seed + ", " + table + ", merges " + merges;
        createTable(table.get(0));
        if (!table.get(1).isEmpty()) {
          Bet.execute(dataSource, table.get(1));
        }
        rejected.clear();
        Map<Integer, Integer> newest = new HashMap<>();
        int refused = 0;
        BinaryOperator<Price> merge = (a, b) -> b.version() > a.version() ? b : a;
        try (BatchWriter<Price> writer = writer(NEWEST, OnConflict.UPDATE, merges ? merge : null)) {
          for (int i = 0; i < 200; i++) {
            int id = random.nextInt(12);
            int version = random.nextInt(1_000) - 10;
            boolean text = table.get(0).startsWith("citext");
            Object key = text ? (random.nextBoolean() ? "K" : "k") + id : (Object) id;
            writer.add(new Price(key, version, "t"));
            if (version >= 0) {
              newest.merge(id, version, Math::max);
            } else {
              refused++;
            }
            if (random.nextInt(50) == 0) {
              assertThat(writer.awaitFlushed(DEADLINE)).as(as).isTrue();
            }
          }
        }
        List<String> right = new ArrayList<>();
        newest.forEach(
            (id, version) ->
                right.add(
                    (table.get(0).startsWith("citext") ? "k" : "") + id + " " + version + " t"));
        assertThat(inTable()).as(as).containsExactlyInAnyOrderElementsOf(right);
        assertThat(rejected.size()).as(as).isLessThanOrEqualTo(refused);
      }
    }
  }

  @Test
  void whatTheDatabaseCantDoIsToldWhenTheWriterIsBuilt() {
    createTable("int PRIMARY KEY");
    for (OnConflict other : List.of(OnConflict.IGNORE, OnConflict.REJECT)) {
      assertThatThrownBy(() -> writer(NEWEST, other, null))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage(
              "updateWhere: existing.version < excluded.version with "
                  + other
                  + " on POSTGRESQL (expected: key columns and UPDATE on PostgreSQL)");
    }
    Bet.execute(dataSource, "CREATE RULE r AS ON INSERT TO prices DO ALSO NOTIFY prices");
    assertThatThrownBy(() -> writer(FIRST_TEXT, OnConflict.UPDATE, null))
        .hasMessageStartingWith("table: prices with rules and UPDATE (expected: REJECT, or trig");
  }

  @Test
  void insertsGoWhereRulesSendThem() throws Exception {
    for (String rule : List.of("ALSO", "INSTEAD")) {
      createTable("int PRIMARY KEY");
      Bet.execute(dataSource, "DROP TABLE IF EXISTS copies");
      Bet.execute(dataSource, "CREATE TABLE copies (id int)");
      Bet.execute(
          dataSource,
          "CREATE RULE r AS ON INSERT TO prices DO "
              + rule
              + " INSERT INTO copies VALUES (NEW.id)");
      rejected.clear();
      try (BatchWriter<Price> writer = writer(FIRST_TEXT, OnConflict.REJECT, null)) {
        for (int id = 0; id < 10; id++) {
          writer.add(new Price(id, id == 5 && rule.equals("ALSO") ? -1 : 1, "a"));
        }
        assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
      }
      boolean also = rule.equals("ALSO");
      assertThat(inTable()).hasSize(also ? 9 : 0);
      assertThat(BatchQueries.column(dataSource, "SELECT id FROM copies")).hasSize(also ? 9 : 10);
      assertThat(rejected).hasSize(also ? 1 : 0);
    }
  }
}
