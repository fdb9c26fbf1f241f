package io.perfkit.db.batch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The Java of docs/guide/batch-writes.md, run. */
@RealPostgres
final class BatchGuideIT {
  record Bet(long id, BigDecimal stake, Instant placedAt) {}

  private final DataSource dataSource;
  private final Queue<Rejection<Bet>> deadLetters = new ConcurrentLinkedQueue<>();
  private final MeterRegistry meterRegistry = new SimpleMeterRegistry();
  private final Bet bet = new Bet(1, BigDecimal.TEN, Instant.parse("2026-01-01T00:00:00Z"));

  BatchGuideIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  @BeforeEach
  void createTable() {
    io.perfkit.db.batch.Bet.execute(dataSource, "DROP TABLE IF EXISTS bets");
    io.perfkit.db.batch.Bet.execute(
        dataSource,
        "CREATE TABLE bets (id bigint PRIMARY KEY, stake numeric, placed_at timestamptz)");
  }

  @Test
  void fiveLines() throws SQLException {
    BatchTable<Bet> table = BatchTable.of("bets", Bet.class, "id"); // id, stake, placed_at
    try (BatchWriter<Bet> bets = BatchWriter.create(dataSource, table, deadLetters::add)) {
      bets.add(bet); // returns at once; written within a second, with whatever else waits
    }
    assertThat(stakes()).isEqualTo(1);
    assertThat(deadLetters).isEmpty();
  }

  @Test
  void columnsAndSettings() throws Exception {
    BatchTable<Bet> table =
        BatchTable.<Bet>named("public.bets")
            .key("id", Bet::id)
            .column("stake", Bet::stake)
            .column("placed_at", Bet::placedAt)
            .build();
    BatchWriter<Bet> bets =
        BatchWriter.builder(dataSource, table, deadLetters::add)
            .config(
                BatchConfig.builder()
                    .flushInterval(Duration.ofMillis(200))
                    .maxBufferRows(20_000)
                    .onFull(OnFull.REJECT)
                    .build())
            .merge((earlier, later) -> later.stake().signum() == 0 ? earlier : later)
            .meterRegistry(meterRegistry)
            .build();
    bets.add(bet);
    boolean written = bets.awaitFlushed(Duration.ofSeconds(5));

    assertThat(written).isTrue();
    CloseResult<Bet> closed = bets.close(Duration.ofSeconds(10));
    RowCounts rows = closed.rows(); // accepted = flushed + rejected + returned
    List<Bet> notWritten = closed.returned(); // yours again

    assertThat(rows).isEqualTo(new RowCounts(1, 1, 0, 0, 0));
    assertThat(notWritten).isEmpty();
  }

  @Test
  void conditionAndColumns() throws SQLException {
    BatchTable<Bet> table =
        BatchTable.<Bet>named("bets")
            .key("id", Bet::id)
            .column("stake", Bet::stake)
            .columnOnInsert("placed_at", Bet::placedAt) // an update leaves it
            .updateWhere("existing.stake < excluded.stake") // else the row stays
            .build();
    try (BatchWriter<Bet> bets = BatchWriter.create(dataSource, table, deadLetters::add)) {
      bets.add(bet);
    }
    assertThat(stakes()).isEqualTo(1);
  }

  @Test
  void rowsThatSomebodyWaitsFor() throws Exception {
    BatchTable<Bet> table = BatchTable.of("bets", Bet.class, "id");
    try (BatchWriter<Bet> bets = BatchWriter.create(dataSource, table, deadLetters::add)) {
      CompletionStage<String> answer =
          bets.addAcknowledged(bet)
              .handle(
                  (committed, failure) -> {
                    if (failure == null) {
                      return "recorded";
                    }
                    return failure instanceof OutcomeUnknown ? "look again" : "not recorded";
                  });
      assertThat(answer.toCompletableFuture().get(20, SECONDS)).isEqualTo("recorded");
      assertThat(stakes()).isEqualTo(1);
    }
  }

  @Test
  void plainBatch() throws SQLException {
    List<Bet> bets = List.of(bet);
    BatchInsert<Bet> insert =
        BatchInsert.of(
            "INSERT INTO bets (id, stake) VALUES (?, ?)",
            (statement, row) -> {
              statement.setLong(1, row.id());
              statement.setBigDecimal(2, row.stake());
            });
    try (Connection connection = dataSource.getConnection()) {
      connection.setAutoCommit(false);
      insert.write(connection, bets); // batches of 1,000, in your transaction
      connection.commit();
    }
    assertThat(stakes()).isEqualTo(1);
  }

  private long stakes() throws SQLException {
    try (Connection connection = dataSource.getConnection();
        var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT count(stake) FROM bets")) {
      return row.next() ? row.getLong(1) : 0;
    }
  }
}
