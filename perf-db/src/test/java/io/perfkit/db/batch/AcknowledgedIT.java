package io.perfkit.db.batch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.db.batch.Rejection.Reason;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.ThreadLeaks;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A caller that waits for a row learns its outcome. Faults are in {@link BatchWriterFaultIT}. */
@RealPostgres
final class AcknowledgedIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);

  private final DataSource dataSource;
  private final Queue<Rejection<Bet>> rejections = new ConcurrentLinkedQueue<>();

  /** How many rows each statement wrote. */
  private final Queue<Integer> written = new ConcurrentLinkedQueue<>();

  AcknowledgedIT(TestDatabase database) {
    dataSource = database.dataSource();
  }

  @BeforeEach
  void createTable() {
    Bet.createTable(dataSource);
  }

  private BatchWriter.Builder<Bet> builder(BatchConfig.Builder config) {
    return BatchWriter.builder(dataSource, Bet.TABLE, rejections::add)
        .statement(sound -> new Counting(sound, written))
        .config(config.build());
  }

  /** One that writes for no reason of time. */
  private static BatchConfig.Builder patient() {
    return BatchConfig.builder().flushInterval(Duration.ofHours(1));
  }

  private static CompletableFuture<StoredRow> add(BatchWriter<Bet> writer, Bet bet) {
    return writer.addAcknowledged(bet).toCompletableFuture();
  }

  /** Keeps the only worker busy while the table is locked. */
  private CompletableFuture<?> addAndAwaitWriting(BatchWriter<Bet> writer) {
    CompletableFuture<?> stage = add(writer, Bet.of(0, "m"));
    Await.until("it is being written", DEADLINE, () -> written.size() == 1);
    return stage;
  }

  private static void await(CompletableFuture<?> stage) throws Exception {
    var unused = stage.get(DEADLINE.toSeconds(), SECONDS);
  }

  private static <T extends Throwable> T failure(CompletableFuture<?> stage, Class<T> type) {
    Await.until("completed", DEADLINE, stage::isDone);
    try {
      stage.join();
    } catch (CompletionException failed) {
      return type.cast(failed.getCause());
    }
    throw new AssertionError("it did not fail");
  }

  @Test
  void isToldOnceTheRowIsVisibleToOthersWithoutWaitingForTheInterval() throws Exception {
    try (BatchWriter<Bet> writer = builder(patient()).build()) {
      for (int i = 0; i < 50; i++) {
        long id = i;
        CompletableFuture<Boolean> visible =
            add(writer, Bet.of(i, "m")).thenApply(v -> Bet.inTable(dataSource).containsKey(id));
        assertThat(visible.get(DEADLINE.toSeconds(), SECONDS)).isTrue();
      }
      assertThat(writer.stats().rows().flushed()).isEqualTo(50);
    }
  }

  @Test
  void whatGathersWhileTheWorkerWritesTravelsTogether() throws Exception {
    try (Connection locker = lockedTable();
        BatchWriter<Bet> writer = builder(patient().workers(1)).build()) {
      List<CompletableFuture<?>> stages = new ArrayList<>();
      stages.add(addAndAwaitWriting(writer));
      for (int i = 1; i <= 100; i++) {
        stages.add(add(writer, Bet.of(i, "m")));
      }
      writer.add(Bet.of(101, "nobody waits for it"));
      locker.rollback();
      for (CompletableFuture<?> stage : stages) {
        await(stage);
      }
      assertThat(written).startsWith(1).hasSizeLessThanOrEqualTo(3);
    }
  }

  @Test
  void rowsThatBecameOneAreToldTogether() throws Exception {
    try (Connection locker = lockedTable();
        BatchWriter<Bet> writer =
            builder(patient().workers(1))
                .merge((earlier, later) -> Bet.of(later.id(), earlier.market() + later.market()))
                .build()) {
      CompletableFuture<?> before = addAndAwaitWriting(writer);
      CompletableFuture<?> first = add(writer, Bet.of(1, "a"));
      writer.add(Bet.of(1, "b"));
      CompletableFuture<?> third = add(writer, Bet.of(1, "c"));
      locker.rollback();
      await(before);
      await(first);
      await(third);
      assertThat(Bet.inTable(dataSource)).isEqualTo(Map.of(0L, "m", 1L, "abc"));
    }
  }

  @Test
  void aRefusedRowIsToldWhyAndTheOthersAreWritten() throws Exception {
    try (BatchWriter<Bet> writer = builder(patient().workers(1)).build()) {
      CompletableFuture<?> poison;
      CompletableFuture<?> good;
      CompletableFuture<?> taken;
      try (Connection locker = lockedTable()) {
        good = add(writer, Bet.of(1, "good"));
        taken = add(writer, Bet.of(2, "standing"));
        poison = add(writer, Bet.poison(2));
        writer.add(Bet.poison(3));
        locker.rollback();
      }
      RowRejected rejected = failure(poison, RowRejected.class);
      assertThat(rejected.reason()).isEqualTo(Reason.REFUSED);
      assertThat(rejected)
          .hasMessage("bets: a row is rejected, REFUSED, SQLSTATE 23514; it is not in the table")
          .hasCauseInstanceOf(SQLException.class);
      await(good);
      await(taken);
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
      assertThat(writer.stats().rows()).isEqualTo(new RowCounts(4, 2, 2, 0, 0));
    }
    assertThat(Bet.inTable(dataSource)).isEqualTo(Map.of(1L, "good", 2L, "standing"));
    assertThat(rejections)
        .as("the handler gets what nobody waits for")
        .singleElement()
        .extracting(Rejection::row)
        .isEqualTo(Bet.poison(3));
  }

  @Test
  void aRowThatCannotBeMergedIsToldSo() throws Exception {
    try (Connection locker = lockedTable();
        BatchWriter<Bet> writer =
            builder(patient().workers(1))
                .merge(
                    (earlier, later) -> {
                      throw new IllegalArgumentException("on purpose");
                    })
                .build()) {
      CompletableFuture<?> before = addAndAwaitWriting(writer);
      CompletableFuture<?> first = add(writer, Bet.of(1, "a"));
      CompletableFuture<?> second = add(writer, Bet.of(1, "b"));
      locker.rollback();
      await(before);
      await(first);
      RowRejected rejected = failure(second, RowRejected.class);
      assertThat(rejected.reason()).isEqualTo(Reason.MERGE_FAILED);
      assertThat(rejected).hasCauseInstanceOf(IllegalArgumentException.class);
      assertThat(Bet.inTable(dataSource)).isEqualTo(Map.of(0L, "m", 1L, "a"));
    }
  }

  @Test
  void aFullBufferIsToldThroughTheStage() throws Exception {
    try (Connection locker = lockedTable();
        BatchWriter<Bet> writer =
            builder(patient().maxBufferRows(10).flushRows(5).onFull(OnFull.REJECT)).build()) {
      List<CompletableFuture<?>> stages = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        stages.add(add(writer, Bet.of(i, "m")));
      }
      writer.add(Bet.of(9, "m"));
      assertThat(failure(add(writer, Bet.of(10, "m")), BufferFull.class))
          .hasMessageStartingWith("bets: 10 rows wait (expected: fewer than 10 and ");
      locker.rollback();
      for (CompletableFuture<?> stage : stages) {
        await(stage);
      }
      await(add(writer, Bet.of(10, "m")));
      assertThat(writer.stats().rows().accepted()).isEqualTo(11);
    }
  }

  @Test
  void mistakesAreThrown() throws SQLException {
    BatchTable<Bet> table =
        BatchTable.<Bet>named("bets")
            .key("id", bet -> bet.market().equals("bad") ? "no number" : bet.id())
            .build();
    BatchWriter<Bet> writer = BatchWriter.create(dataSource, table, rejections::add);
    assertThatThrownBy(() -> writer.addAcknowledged(Bet.of(1, "bad")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("id (");
    writer.close();
    assertThatThrownBy(() -> writer.addAcknowledged(Bet.of(1, "m")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageStartingWith("the writer is closed");
  }

  @Test
  void whatHangsOnAStageHoldsUpNeitherTheWorkerNorTheClosing() throws Exception {
    CountDownLatch hangs = new CountDownLatch(1);
    CountDownLatch hang = new CountDownLatch(1);
    try (BatchWriter<Bet> writer = builder(patient().maxBufferRows(100).flushRows(100)).build()) {
      CompletableFuture<?> hung;
      try (Connection locker = lockedTable()) { // so that nothing is told before it hangs
        hung =
            add(writer, Bet.of(0, "m"))
                .thenRun(
                    () -> {
                      hangs.countDown();
                      Await.until("let go", DEADLINE, () -> hang.getCount() == 0);
                    });
        locker.rollback();
      }
      Await.until("it hangs", DEADLINE, () -> hangs.getCount() == 0);
      List<CompletableFuture<?>> stages = new ArrayList<>();
      for (int i = 1; i < 100; i++) {
        stages.add(add(writer, Bet.of(i, "m")));
      }
      assertThat(failure(add(writer, Bet.of(100, "m")), BufferFull.class))
          .hasMessage(
              "bets: 100 acknowledged rows are under way, or what hangs on their stages still runs"
                  + " (expected: fewer)");
      Await.until("written", DEADLINE, () -> writer.stats().rows().flushed() == 100);
      writer.add(Bet.of(101, "m"));
      assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
      assertThat(hung).isNotDone();

      CloseResult<Bet> closed = writer.close(DEADLINE);

      assertThat(closed.rows()).isEqualTo(new RowCounts(101, 101, 0, 0, 0));
      assertThat(stages).allMatch(CompletableFuture::isDone);
    } finally {
      hang.countDown();
    }
  }

  @Test
  void aWriterThatStopsTellsWhoWaits() throws Exception {
    try (BatchWriter<Bet> writer = builder(patient().workers(2)).build()) {
      Bet.execute(dataSource, "ALTER TABLE bets DROP COLUMN market");
      writer.add(Bet.of(1, "nobody waits for it"));
      List<CompletableFuture<?>> stages = new ArrayList<>();
      for (int i = 2; i < 6; i++) {
        stages.add(add(writer, Bet.of(i, "m")));
      }
      int accepted = (int) writer.stats().rows().accepted();
      for (CompletableFuture<?> stage : stages.subList(0, accepted - 1)) {
        RowRejected rejected = failure(stage, RowRejected.class);
        assertThat(rejected.reason()).isEqualTo(Reason.STOPPED);
        assertThat(rejected).hasCauseInstanceOf(SQLException.class);
      }
      assertThat(failure(add(writer, Bet.of(9, "m")), WriterStopped.class)).isNotNull();
      CloseResult<Bet> closed = writer.close(DEADLINE);
      assertThat(closed.rows()).isEqualTo(new RowCounts(accepted, 0, accepted - 1, 1, 0));
      assertThat(closed.returned()).containsExactly(Bet.of(1, "nobody waits for it"));
    }
  }

  @Test
  void whatIsNotWrittenInTimeIsToldAndNotHandedBack() throws Exception {
    try (Connection locker = lockedTable();
        BatchWriter<Bet> writer = builder(patient().workers(1)).build()) {
      CompletableFuture<?> stage = add(writer, Bet.of(1, "m"));
      writer.add(Bet.of(2, "m"));
      CompletableFuture<?> other = add(writer, Bet.of(3, "m"));

      CloseResult<Bet> closed = writer.close(Duration.ofMillis(200));

      assertThat(closed.rows()).isEqualTo(new RowCounts(3, 0, 2, 1, 0));
      assertThat(closed.returned()).containsExactly(Bet.of(2, "m"));
      assertThat(List.of(stage, other)).allMatch(CompletableFuture::isDone);
      assertThat(failure(stage, RowRejected.class).reason()).isEqualTo(Reason.CLOSED);
      assertThat(failure(other, RowRejected.class).reason()).isEqualTo(Reason.CLOSED);
      locker.rollback();
    }
    assertThat(Bet.inTable(dataSource)).isEmpty();
    assertThat(rejections).isEmpty();
  }

  @Test
  void leavesNoThread() {
    ThreadLeaks.<RuntimeException>assertNone(
        "perf-db-batch",
        () -> {
          try (BatchWriter<Bet> writer = builder(patient()).build()) {
            await(add(writer, Bet.of(1, "m")));
          } catch (Exception failed) {
            throw new IllegalStateException(failed);
          }
        });
  }

  /** Notes how many rows each statement writes, as it begins. */
  private record Counting(RowStatement<Bet> sound, Queue<Integer> written)
      implements RowStatement<Bet> {
    @Override
    public @Nullable String write(Connection connection, List<MergedRow<Bet>> rows)
        throws SQLException {
      written.add(rows.size());
      return sound.write(connection, rows);
    }

    @Override
    public void checkAtOnce(Connection connection) throws SQLException {
      sound.checkAtOnce(connection);
    }

    @Override
    public Fate fate(Connection connection, String transaction) throws SQLException {
      return sound.fate(connection, transaction);
    }
  }

  /** Nobody else writes until it is rolled back. */
  private Connection lockedTable() throws SQLException {
    Connection connection = dataSource.getConnection();
    connection.setAutoCommit(false);
    try (Statement statement = connection.createStatement()) {
      statement.execute("LOCK TABLE bets IN EXCLUSIVE MODE");
    }
    return connection;
  }
}
