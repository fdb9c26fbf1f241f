package io.perfkit.db.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.db.batch.Rejection.Reason;
import io.perfkit.testing.Await;
import io.perfkit.testing.ThreadLeaks;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import javax.sql.DataSource;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a batch writer does on any database that it upserts into. */
abstract class BatchWriterContract {
  static final Duration DEADLINE = Duration.ofSeconds(15);
  private static final Duration NEVER = Duration.ofHours(1);

  final Queue<Rejection<Bet>> rejections = new ConcurrentLinkedQueue<>();

  abstract DataSource dataSource();

  @BeforeEach
  void createTable() {
    Bet.createTable(dataSource());
  }

  /** One that only writes when it has a reason other than time. */
  private static BatchConfig.Builder patient() {
    return BatchConfig.builder().flushInterval(NEVER);
  }

  BatchWriter<Bet> writer(BatchConfig.Builder config) throws SQLException {
    return BatchWriter.builder(dataSource(), Bet.TABLE, rejections::add)
        .config(config.build())
        .build();
  }

  private void awaitRows(int count) {
    Await.until(
        count + " rows in the table", DEADLINE, () -> Bet.inTable(dataSource()).size() == count);
  }

  @Test
  void writesOnceEnoughRowsWait() throws SQLException {
    try (BatchWriter<Bet> writer = writer(patient().workers(1).flushRows(10))) {
      for (int i = 0; i < 10; i++) {
        writer.add(Bet.of(i, "m"));
      }
      awaitRows(10);
      Await.until("counted", DEADLINE, () -> writer.stats().rows().flushed() == 10);
      assertThat(writer.stats().rows()).isEqualTo(new RowCounts(10, 10, 0, 0, 0));
    }
  }

  @Test
  void writesOnceEnoughBytesWait() throws SQLException {
    try (BatchWriter<Bet> writer = writer(patient().workers(1).flushBytes(200))) {
      for (int i = 0; i < 10; i++) {
        writer.add(Bet.of(i, "some market of ours"));
      }
      Await.until("some are written", DEADLINE, () -> writer.stats().rows().flushed() >= 5);
    }
  }

  @Test
  void writesAfterTheInterval() throws SQLException {
    BatchConfig.Builder config = BatchConfig.builder().flushInterval(Duration.ofMillis(50));
    try (BatchWriter<Bet> writer = writer(config)) {
      writer.add(Bet.of(1, "m"));
      awaitRows(1);
    }
  }

  @Test
  void writesWhenAskedAndWaitsForIt() throws Exception {
    try (BatchWriter<Bet> writer = writer(patient())) {
      for (int i = 0; i < 100; i++) {
        writer.add(Bet.of(i, "m"));
      }
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
      assertThat(Bet.inTable(dataSource())).hasSize(100);
      assertThat(writer.awaitFlushed(DEADLINE)).as("nothing to do").isTrue();
    }
  }

  @Test
  void writesWhatWaitsWhenClosedAndLeavesNoThread() {
    ThreadLeaks.<RuntimeException>assertNone(
        "perf-db-batch",
        () -> {
          try {
            BatchWriter<Bet> writer = writer(patient());
            for (int i = 0; i < 100; i++) {
              writer.add(Bet.of(i, "m"));
            }
            CloseResult<Bet> closed = writer.close(DEADLINE);

            assertThat(closed.rows()).isEqualTo(new RowCounts(100, 100, 0, 0, 0));
            assertThat(closed.returned()).isEmpty();
            assertThat(writer.close(DEADLINE)).isEqualTo(closed);
            assertThat(Bet.inTable(dataSource())).hasSize(100);
            assertThat(writer.health().running()).isFalse();
            assertThatThrownBy(() -> writer.add(Bet.of(1, "m")))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("the writer is closed (expected: to add before it is)");
            writer.close();
          } catch (SQLException failed) {
            throw new IllegalStateException(failed);
          }
        });
  }

  @Test
  void theLaterRowOfAKeyReplacesTheEarlier() throws SQLException {
    try (BatchWriter<Bet> writer = writer(patient())) {
      writer.add(Bet.of(1, "first"));
      writer.add(Bet.of(1, "second"));
      writer.add(Bet.of(2, "other"));
      writer.add(Bet.of(1, "third"));
      assertThat(writer.close(DEADLINE).rows()).isEqualTo(new RowCounts(4, 4, 0, 0, 0));
    }
    try (BatchWriter<Bet> writer = writer(patient())) {
      writer.add(Bet.of(2, "another"));
    }
    assertThat(Bet.inTable(dataSource())).isEqualTo(Map.of(1L, "third", 2L, "another"));
  }

  @Test
  void rowsOfAKeyAreMergedWhileTheyWait() throws SQLException {
    try (BatchWriter<Bet> writer =
        BatchWriter.builder(dataSource(), Bet.TABLE, rejections::add)
            .config(patient().build())
            .merge((earlier, later) -> Bet.of(later.id(), earlier.market() + later.market()))
            .build()) {
      writer.add(Bet.of(1, "a"));
      writer.add(Bet.of(1, "b"));
      writer.add(Bet.of(1, "c"));
    }
    assertThat(Bet.inTable(dataSource())).isEqualTo(Map.of(1L, "abc"));
  }

  @Test
  void aRowThatCannotBeMergedIsRejectedAlone() throws SQLException {
    try (BatchWriter<Bet> writer =
        BatchWriter.builder(dataSource(), Bet.TABLE, rejections::add)
            .config(patient().build())
            .merge(
                (earlier, later) ->
                    later.market().equals("bad")
                        ? Bet.of(99, "of another key")
                        : Bet.of(later.id(), earlier.market() + later.market()))
            .build()) {
      writer.add(Bet.of(1, "a"));
      writer.add(Bet.of(1, "bad"));
      writer.add(Bet.of(1, "c"));
      assertThat(writer.close(DEADLINE).rows()).isEqualTo(new RowCounts(3, 2, 1, 0, 0));
    }
    assertThat(Bet.inTable(dataSource())).isEqualTo(Map.of(1L, "ac"));
    assertThat(rejections)
        .singleElement()
        .satisfies(
            rejection -> {
              assertThat(rejection.row()).isEqualTo(Bet.of(1, "bad"));
              assertThat(rejection.reason()).isEqualTo(Reason.MERGE_FAILED);
            });
  }

  @Test
  void findsTheRowsThatAreRefusedAndWritesTheOthers() throws SQLException {
    try (BatchWriter<Bet> writer = writer(patient().workers(1))) {
      for (int i = 0; i < 1_000; i++) {
        writer.add(i % 100 == 7 ? Bet.poison(i) : Bet.of(i, "m"));
      }
      assertThat(writer.close(DEADLINE).rows()).isEqualTo(new RowCounts(1_000, 990, 10, 0, 0));
    }
    assertThat(Bet.inTable(dataSource())).hasSize(990).doesNotContainKey(107L).containsKey(108L);
    assertThat(rejections).hasSize(10);
    assertThat(rejections)
        .allSatisfy(
            rejection -> {
              assertThat(rejection.row().id() % 100).isEqualTo(7);
              assertThat(rejection.reason()).isEqualTo(Reason.REFUSED);
              assertThat(rejection.sqlState())
                  .hasValueSatisfying(s -> assertThat(s).startsWith("23"));
              assertThat(rejection.toString())
                  .startsWith("Rejection[REFUSED, 23")
                  .doesNotContain("poison");
            });
  }

  @Test
  void aRefusedRowLeavesTheEarlierOneOfItsKey() throws SQLException {
    try (BatchWriter<Bet> writer = writer(patient())) {
      writer.add(Bet.of(1, "good"));
      writer.add(Bet.poison(1));
      writer.add(Bet.poison(2));
      writer.add(Bet.of(2, "good"));
      assertThat(writer.close(DEADLINE).rows()).isEqualTo(new RowCounts(4, 3, 1, 0, 0));
    }
    assertThat(Bet.inTable(dataSource())).isEqualTo(Map.of(1L, "good", 2L, "good"));
    assertThat(rejections).singleElement().extracting(Rejection::row).isEqualTo(Bet.poison(1));
  }

  @Test
  void aWriterThatIsSwitchedOffWritesEachRowWhenItIsAdded() throws Exception {
    try (BatchWriter<Bet> writer = BatchWriter.disabled(dataSource(), Bet.TABLE, rejections::add)) {
      writer.add(Bet.of(1, "first"));
      writer.add(Bet.of(1, "second"));
      assertThat(Bet.inTable(dataSource())).containsExactly(Map.entry(1L, "second"));

      writer.add(Bet.poison(2));
      assertThat(rejections).singleElement().extracting(Rejection::row).isEqualTo(Bet.poison(2));
      assertThat(writer.addAcknowledged(Bet.of(3, "m")).toCompletableFuture()).isCompleted();
      assertThat(writer.addAcknowledged(Bet.poison(4)).toCompletableFuture())
          .isCompletedExceptionally();

      assertThat(writer.health().healthy()).isTrue();
      assertThat(writer.close(DEADLINE).rows()).isEqualTo(new RowCounts(5, 3, 2, 0, 0));
      assertThatThrownBy(() -> writer.add(Bet.of(5, "m")))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void anInsertRefusesAKeyThatIsTaken() throws SQLException {
    Bet.execute(dataSource(), "INSERT INTO bets VALUES (5, 'there', 1)");
    try (BatchWriter<Bet> writer =
        BatchWriter.builder(dataSource(), Bet.TABLE, rejections::add)
            .config(BatchConfig.builder().onConflict(OnConflict.REJECT).build())
            .build()) {
      for (int i = 0; i < 10; i++) {
        writer.add(Bet.of(i, "m"));
      }
    }
    assertThat(Bet.inTable(dataSource())).hasSize(10).containsEntry(5L, "there");
    assertThat(rejections).singleElement().extracting(Rejection::row).isEqualTo(Bet.of(5, "m"));
  }

  @Test
  void keepsTheOrderOfEachKeyOverManyThreadsWorkersAndChunks() throws Exception {
    int threads = 4;
    ExecutorService producers = Executors.newFixedThreadPool(threads);
    try (BatchWriter<Bet> writer = writer(patient().workers(3).flushRows(7).maxChunkRows(50))) {
      List<Future<?>> done = new ArrayList<>();
      for (int t = 0; t < threads; t++) {
        int thread = t;
        done.add(
            producers.submit(
                () -> {
                  for (int i = 0; i < 2_000; i++) {
                    writer.add(Bet.of(thread * 10 + i % 5, Integer.toString(i)));
                  }
                }));
      }
      for (Future<?> producer : done) {
        producer.get();
      }
    } finally {
      producers.shutdownNow();
    }
    Map<Long, String> table = Bet.inTable(dataSource());
    assertThat(table).hasSize(threads * 5);
    table.forEach((id, market) -> assertThat(market).isEqualTo(Long.toString(1_995 + id % 10)));
  }

  @Test
  void aFullBufferRefusesAtOnceIfToldSo() throws Exception {
    try (Connection locker = lockedTable();
        BatchWriter<Bet> writer =
            writer(patient().maxBufferRows(10).flushRows(5).onFull(OnFull.REJECT))) {
      for (int i = 0; i < 10; i++) {
        writer.add(Bet.of(i, "m"));
      }
      assertThatThrownBy(() -> writer.add(Bet.of(10, "m")))
          .isInstanceOf(BufferFull.class)
          .hasMessageStartingWith("bets: 10 rows wait (expected: fewer than 10 and ");
      assertThat(writer.health().bufferedRows()).isEqualTo(10);
      locker.rollback();
      assertThat(writer.close(DEADLINE).rows()).isEqualTo(new RowCounts(10, 10, 0, 0, 0));
    }
  }

  @Test
  void aFullBufferBlocksUntilThereIsSpaceOrNoTimeLeft() throws Exception {
    ExecutorService producer = Executors.newSingleThreadExecutor();
    try (Connection locker = lockedTable();
        BatchWriter<Bet> writer =
            writer(patient().maxBufferRows(10).flushRows(5).blockFor(Duration.ofMillis(100)))) {
      for (int i = 0; i < 10; i++) {
        writer.add(Bet.of(i, "m"));
      }
      assertThatThrownBy(() -> writer.add(Bet.of(10, "m"))).isInstanceOf(BufferFull.class);
      CountDownLatch blocks = new CountDownLatch(1);
      Future<?> blocked =
          producer.submit(
              () -> {
                blocks.countDown();
                Await.until("accepted", DEADLINE, () -> accepted(writer, Bet.of(11, "m")));
              });
      blocks.await();
      locker.rollback();
      blocked.get();
      assertThat(writer.close(DEADLINE).rows()).isEqualTo(new RowCounts(11, 11, 0, 0, 0));
    } finally {
      producer.shutdownNow();
    }
  }

  private static boolean accepted(BatchWriter<Bet> writer, Bet bet) {
    try {
      writer.add(bet);
      return true;
    } catch (BufferFull full) {
      return false;
    }
  }

  @Test
  void aFullBufferOfRowsThatAreTooFewToFlushIsWritten() throws SQLException {
    try (BatchWriter<Bet> writer = writer(patient().workers(2).maxBufferRows(10).flushRows(10))) {
      for (int i = 0; i < 100; i++) {
        writer.add(Bet.of(i, "m"));
      }
      assertThat(writer.close(DEADLINE).rows()).isEqualTo(new RowCounts(100, 100, 0, 0, 0));
    }
  }

  @Test
  void aCallerWritesWhatWaitsIfToldSoAndKeepsTheOrder() throws SQLException {
    try (BatchWriter<Bet> writer =
        writer(patient().maxBufferRows(20).flushRows(20).onFull(OnFull.CALLER_RUNS))) {
      for (int i = 0; i < 500; i++) {
        writer.add(Bet.of(i % 30, Integer.toString(i)));
      }
      assertThat(writer.close(DEADLINE).rows()).isEqualTo(new RowCounts(500, 500, 0, 0, 0));
    }
    Bet.inTable(dataSource())
        .forEach((id, market) -> assertThat(Integer.parseInt(market)).isBetween(470, 499));
  }

  @Test
  void handsBackWhatWasNotWrittenInTime() throws Exception {
    try (Connection locker = lockedTable();
        BatchWriter<Bet> writer = writer(patient().workers(1).flushRows(5))) {
      for (int i = 0; i < 12; i++) {
        writer.add(Bet.of(i, "m"));
      }
      CloseResult<Bet> closed = writer.close(Duration.ofMillis(200));

      assertThat(closed.rows()).isEqualTo(new RowCounts(12, 0, 0, 12, 0));
      assertThat(closed.returned()).extracting(Bet::id).isEqualTo(ids(12));
      assertThat(closed.toString()).doesNotContain("Bet[");
      locker.rollback();
    }
    assertThat(Bet.inTable(dataSource())).isEmpty();
  }

  @Test
  void givesTheHandlerWhatWasNotWrittenWhenPlainlyClosed() throws Exception {
    try (Connection locker = lockedTable()) {
      BatchWriter<Bet> writer = writer(patient().closeWithin(Duration.ofMillis(200)));
      for (int i = 0; i < 12; i++) {
        writer.add(Bet.of(i, "m"));
      }
      writer.close();

      assertThat(writer.stats().rows()).isEqualTo(new RowCounts(12, 0, 12, 0, 0));
      assertThat(rejections).hasSize(12).allMatch(r -> r.reason() == Reason.CLOSED);
      locker.rollback();
    }
  }

  private static List<Long> ids(int count) {
    List<Long> ids = new ArrayList<>();
    for (long i = 0; i < count; i++) {
      ids.add(i);
    }
    return ids;
  }

  /** Nobody else writes until it is rolled back. */
  Connection lockedTable() throws SQLException {
    Connection connection = dataSource().getConnection();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute(lockStatement());
    }
    return connection;
  }

  abstract String lockStatement();

  @Test
  void aStatementThatIsRefusedStopsTheWriterAndHandsBackItsRows() throws SQLException {
    try (BatchWriter<Bet> writer = writer(patient())) {
      Bet.execute(dataSource(), "ALTER TABLE bets DROP COLUMN market");
      writer.add(Bet.of(1, "m"));
      writer.add(Bet.of(2, "m"));
      Await.until(
          "stopped",
          DEADLINE,
          () -> {
            try {
              return !writer.awaitFlushed(Duration.ofMillis(10)) && !writer.health().running();
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            }
          });
      assertThat(writer.health().healthy()).isFalse();
      assertThat(writer.health().stoppedBy())
          .hasValueSatisfying(by -> assertThat(by).startsWith("SQLSTATE 42"));
      assertThatThrownBy(() -> writer.add(Bet.of(3, "m")))
          .isInstanceOf(WriterStopped.class)
          .hasMessageContaining("SQLSTATE 42")
          .hasMessageContaining("2 rows wait, which close() hands back");
      CloseResult<Bet> closed = writer.close(DEADLINE);
      assertThat(closed.rows()).isEqualTo(new RowCounts(2, 0, 0, 2, 0));
      assertThat(closed.returned()).containsExactlyInAnyOrder(Bet.of(1, "m"), Bet.of(2, "m"));
    }
  }

  @Test
  void aHandlerThatThrowsStopsNothing() throws SQLException {
    try (BatchWriter<Bet> writer =
        BatchWriter.create(
            dataSource(),
            Bet.TABLE,
            rejection -> {
              throw new IllegalStateException("on purpose");
            })) {
      writer.add(Bet.poison(1));
      writer.add(Bet.of(2, "m"));
      assertThat(writer.close(DEADLINE).rows()).isEqualTo(new RowCounts(2, 1, 1, 0, 0));
    }
  }

  @Test
  void saysWhatIsWrongWithATableBeforeItStarts() {
    DataSource source = dataSource();
    assertRefused(
        BatchTable.<Bet>named("no_such").key("id", Bet::id).build(),
        "table: no_such (expected: a table that this user sees)");
    assertRefused(
        BatchTable.<Bet>named("bets").key("id", Bet::id).column("stakes", Bet::stake).build(),
        "column: stakes of bets (expected: one of ");
    assertRefused(
        BatchTable.<Bet>named("bets").key("market", Bet::market).build(),
        "(expected: the columns of a unique index of bets)");
    assertThatThrownBy(() -> BatchWriter.create(source, null, rejections::add))
        .isInstanceOf(NullPointerException.class);
  }

  private void assertRefused(BatchTable<Bet> table, String message) {
    assertThatThrownBy(() -> BatchWriter.create(dataSource(), table, rejections::add))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @Test
  void aValueThatDoesNotFitIsToldToWhoAddsIt() throws SQLException {
    BatchTable<Bet> wrong =
        BatchTable.<Bet>named("bets").key("id", Bet::market).column("stake", Bet::stake).build();
    try (BatchWriter<Bet> writer = BatchWriter.create(dataSource(), wrong, rejections::add)) {
      assertThatThrownBy(() -> writer.add(Bet.of(1, "secret")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageStartingWith("id (")
          .hasMessageContaining("a java.lang.String (expected: what fits LONG)")
          .hasMessageNotContaining("secret");
      assertThatThrownBy(() -> writer.add(new Bet(1, null, BigDecimal.ONE)))
          .hasMessage("id: null (expected: a value, since it is part of the key)");
      assertThat(writer.stats().rows().accepted()).isZero();
    }
  }
}
