package io.perfkit.db.batch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** What the database generated reaches the caller that waits for the row. */
@RealPostgres
final class ReturningIT {
  private static final int ROWS = 200;

  private final DataSource dataSource;

  ReturningIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  private record Order(int ref, int amount) {}

  private static final BatchTable<Order> INSERTED =
      BatchTable.<Order>named("orders")
          .column("ref", Order::ref)
          .column("amount", Order::amount)
          .returning("id", "ref", "at", "note")
          .build();

  private static final BatchTable<Order> UPSERTED =
      BatchTable.<Order>named("orders")
          .key("ref", Order::ref)
          .column("amount", Order::amount)
          .updateWhere("existing.amount < excluded.amount")
          .returning("id", "amount")
          .build();

  private void createTable() {
    Bet.execute(dataSource, "DROP TABLE IF EXISTS orders");
    Bet.execute(
        dataSource,
        "CREATE TABLE orders (id bigint GENERATED ALWAYS AS IDENTITY, ref int UNIQUE,"
            + " amount int CHECK (amount >= 0), at timestamptz DEFAULT now(), note text)");
  }

  private BatchWriter.Builder<Order> builder(BatchTable<Order> table, OnConflict onConflict) {
    return BatchWriter.builder(dataSource, table, rejection -> {})
        .config(BatchConfig.builder().onConflict(onConflict).build());
  }

  /** The answer to each row; null for one that was rejected. */
  private static List<StoredRow> answers(BatchWriter<Order> writer, List<Order> orders)
      throws Exception {
    List<CompletableFuture<StoredRow>> stages = new ArrayList<>();
    for (Order order : orders) {
      stages.add(writer.addAcknowledged(order).toCompletableFuture());
    }
    List<StoredRow> answers = new ArrayList<>();
    for (CompletableFuture<StoredRow> stage : stages) {
      try {
        answers.add(stage.get(20, SECONDS));
      } catch (ExecutionException rejected) {
        assertThat(rejected).hasCauseInstanceOf(RowRejected.class);
        answers.add(null);
      }
    }
    return answers;
  }

  private static List<Order> orders() {
    List<Order> orders = new ArrayList<>();
    for (int ref = 0; ref < ROWS; ref++) {
      orders.add(new Order(ref, ref % 40 == 7 ? -1 : ref));
    }
    return orders;
  }

  private String refOf(StoredRow stored) throws SQLException {
    long id = stored.value("id", Long.class).orElseThrow();
    return BatchQueries.column(dataSource, "SELECT ref FROM orders WHERE id = " + id).get(0);
  }

  private void eachIsAnsweredWithItsOwn(List<StoredRow> answers) throws SQLException {
    for (int ref = 0; ref < ROWS; ref++) {
      StoredRow stored = answers.get(ref);
      if (ref % 40 == 7) {
        assertThat(stored).isNull();
      } else {
        assertThat(refOf(stored)).isEqualTo(Integer.toString(ref));
        assertThat(stored.value("ref", Integer.class)).contains(ref);
        assertThat(stored.value("at", Timestamp.class)).isPresent();
        assertThat(stored.value("note", String.class)).isEmpty();
      }
    }
  }

  @Test
  void eachCallerGetsWhatWasGeneratedForItsRow() throws Exception {
    createTable();
    try (BatchWriter<Order> writer = builder(INSERTED, OnConflict.REJECT).build()) {
      eachIsAnsweredWithItsOwn(answers(writer, orders()));
    }
    createTable();
    try (BatchWriter<Order> writer = builder(INSERTED, OnConflict.REJECT).buildDisabled()) {
      eachIsAnsweredWithItsOwn(answers(writer, orders()));
    }
  }

  @Test
  void aRowThatWasSkippedIsAnsweredWithNothing() throws Exception {
    createTable();
    Bet.execute(
        dataSource,
        "CREATE OR REPLACE FUNCTION skip() RETURNS trigger LANGUAGE plpgsql AS $f$ BEGIN"
            + " IF NEW.ref % 10 = 3 THEN RETURN NULL; END IF; RETURN NEW; END $f$");
    Bet.execute(
        dataSource,
        "CREATE TRIGGER skip BEFORE INSERT ON orders FOR EACH ROW EXECUTE FUNCTION skip()");
    Bet.execute(
        dataSource,
        "INSERT INTO orders (ref, amount) SELECT i, 0 FROM generate_series(0, 190, 10) i");
    try (BatchWriter<Order> writer = builder(INSERTED, OnConflict.IGNORE).build()) {
      List<StoredRow> answers = answers(writer, orders());
      for (int ref = 0; ref < ROWS; ref++) {
        if (ref % 40 == 7) {
          assertThat(answers.get(ref)).isNull();
        } else if (ref % 10 == 3 || ref % 10 == 0) {
          assertThat(answers.get(ref)).isEqualTo(new StoredRow(Map.of()));
        } else {
          assertThat(refOf(answers.get(ref))).isEqualTo(Integer.toString(ref));
        }
      }
    }
  }

  @Test
  void anUpsertIsAnsweredWithTheRowAsItStands() throws Exception {
    createTable();
    Bet.execute(dataSource, "INSERT INTO orders (ref, amount) VALUES (1, 5), (2, 5)");
    try (BatchWriter<Order> writer = builder(UPSERTED, OnConflict.UPDATE).build()) {
      List<StoredRow> answers =
          answers(writer, List.of(new Order(1, 4), new Order(2, 6), new Order(3, 1)));
      assertThat(answers.get(0)).isEqualTo(new StoredRow(Map.of()));
      assertThat(refOf(answers.get(1))).isEqualTo("2");
      assertThat(answers.get(1).value("amount", Integer.class)).contains(6);
      assertThat(refOf(answers.get(2))).isEqualTo("3");
      assertThat(answers.get(2).toString()).startsWith("StoredRow[").doesNotContain("=");
    }
  }

  @Test
  void aColumnThatIsNotThereIsToldWhenTheWriterIsBuilt() {
    createTable();
    BatchTable<Order> table =
        BatchTable.<Order>named("orders").column("ref", Order::ref).returning("nr").build();
    assertThatThrownBy(() -> builder(table, OnConflict.REJECT).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("column: nr of orders (expected: one of ");
  }
}
