package io.perfkit.db.batch;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.db.batch.Ledger.Entry;
import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.PostgresProcess;
import java.net.URI;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import redis.clients.jedis.HostAndPort;

/** The rows of docs/operations/failure-modes.md for the batch writer. */
final class BatchWriterFaultIT {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final PostgresProcess SERVER = PostgresProcess.start();
  private static final FaultProxy PROXY = FaultProxy.to(address());

  /** Commits are durable: what the server forgets when it is killed is not for us to find. */
  private static final String OPTIONS =
      "?options=-c%20synchronous_commit=on&connectTimeout=2&ApplicationName=writer";

  private static final DataSource DIRECT = direct();

  private static HostAndPort address() {
    URI uri = URI.create(SERVER.jdbcUrl("postgres").substring("jdbc:".length()));
    return new HostAndPort("127.0.0.1", uri.getPort());
  }

  private static DataSource direct() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(SERVER.jdbcUrl("postgres"));
    source.setUser(SERVER.user());
    source.setPassword(SERVER.password());
    return source;
  }

  private static HikariDataSource pool() {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(
        "jdbc:postgresql://127.0.0.1:" + PROXY.address().getPort() + "/postgres" + OPTIONS);
    config.setUsername(SERVER.user());
    config.setPassword(SERVER.password());
    config.setMaximumPoolSize(4);
    config.setConnectionTimeout(250);
    return new HikariDataSource(config);
  }

  @AfterAll
  static void close() {
    PROXY.close();
    SERVER.close();
  }

  @Test
  void everyRowIsAccountedForWhateverFails() throws Exception {
    long end = System.nanoTime() + SECONDS.toNanos(Long.getLong("perf.chaos.seconds", 5));
    for (int round = 0; round < 2 || System.nanoTime() < end; round++) {
      run(
          ThreadLocalRandom.current().nextLong(),
          round % 2 == 0,
          UnaryOperator.identity(),
          List.of(Harm.END_SESSIONS, Harm.CUT, Harm.END_SESSIONS, Harm.CUT, Harm.KILL));
    }
  }

  @Test
  void theCheckFindsAWriterThatRepeatsACommitInDoubt() {
    assertThatThrownBy(() -> runUntilFound(Fates.ALWAYS_ABORTED, Harm.CUT))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("nothing twice");
  }

  @Test
  void theCheckFindsAWriterThatTrustsACommitInDoubt() {
    assertThatThrownBy(() -> runUntilFound(Fates.ALWAYS_COMMITTED, Harm.END_SESSIONS))
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("flushed and not committed");
  }

  private static void runUntilFound(Fates fates, Harm harm) throws Exception {
    for (int round = 0; round < 30; round++) {
      run(
          ThreadLocalRandom.current().nextLong(),
          false,
          sound -> new Believer(sound, fates),
          List.of(harm));
    }
  }

  private enum Harm {
    END_SESSIONS,
    CUT,
    KILL
  }

  private enum Fates {
    ALWAYS_ABORTED,
    ALWAYS_COMMITTED,
    NEVER_KNOWN
  }

  /** The broken variants: what becomes of a commit in doubt is assumed and not asked. */
  private record Believer(RowStatement<Entry> sound, Fates fates) implements RowStatement<Entry> {
    @Override
    public String write(Connection connection, List<MergedRow<Entry>> rows) throws SQLException {
      return sound.write(connection, rows);
    }

    @Override
    public void checkAtOnce(Connection connection) throws SQLException {
      sound.checkAtOnce(connection);
    }

    @Override
    public Fate fate(Connection connection, String transaction) {
      return switch (fates) {
        case ALWAYS_ABORTED -> Fate.ABORTED;
        case ALWAYS_COMMITTED -> Fate.COMMITTED;
        case NEVER_KNOWN -> Fate.UNKNOWN;
      };
    }
  }

  /** Producers, rivals and faults until the writer is closed in the middle, then the check. */
  private static void run(
      long seed, boolean upsert, UnaryOperator<RowStatement<Entry>> statement, List<Harm> harms)
      throws Exception {
    Random random = new Random(seed);
    List<OnFull> policies = List.of(OnFull.BLOCK, OnFull.REJECT, OnFull.CALLER_RUNS);
    Ledger.createTables(DIRECT, upsert);
    Ledger ledger = new Ledger();
    AtomicBoolean stop = new AtomicBoolean();
    ExecutorService threads = Executors.newCachedThreadPool();
    try (HikariDataSource pool = pool()) {
      BatchWriter.Builder<Entry> builder =
          BatchWriter.builder(pool, Ledger.TABLE, ledger.rejections::add)
              .statement(statement)
              .config(
                  BatchConfig.builder()
                      .flushRows(50)
                      .maxChunkRows(400)
                      .flushInterval(Duration.ofMillis(20))
                      .maxBufferRows(500)
                      .onFull(policies.get(random.nextInt(3)))
                      .blockFor(Duration.ofMillis(200))
                      .writeTimeout(Duration.ofSeconds(2))
                      .maxRetryPause(Duration.ofMillis(200))
                      .onConflict(upsert ? OnConflict.UPDATE : OnConflict.REJECT)
                      .build());
      BatchWriter<Entry> writer = builder.build();
      List<Future<?>> done = new ArrayList<>();
      for (int producer = 0; producer < 3; producer++) {
        int own = producer;
        long producerSeed = random.nextLong();
        done.add(threads.submit(() -> produce(writer, ledger, own, upsert, producerSeed, stop)));
      }
      if (upsert) {
        long rivalSeed = random.nextLong();
        done.add(threads.submit(() -> collide(rivalSeed, stop)));
      }
      for (int fault = 0; fault < 6; fault++) {
        long goal = writer.stats().rows().flushed() + 200 + random.nextInt(400);
        Await.until("it flushes", DEADLINE, () -> writer.stats().rows().flushed() >= goal);
        harm(harms.get(random.nextInt(harms.size())));
      }
      CloseResult<Entry> closed = writer.close(Duration.ofMillis(random.nextInt(300)));
      stop.set(true);
      for (Future<?> each : done) {
        each.get(DEADLINE.toSeconds(), SECONDS);
      }
      awaitNoTransaction();
      ledger.check(closed, DIRECT, upsert);
    } catch (Exception | AssertionError failed) {
      failed.addSuppressed(new AssertionError("seed " + seed + ", upsert " + upsert));
      throw failed;
    } finally {
      stop.set(true);
      threads.shutdownNow();
      PROXY.heal();
    }
  }

  private static void harm(Harm harm) throws SQLException {
    switch (harm) {
      case END_SESSIONS -> terminateBackends();
      case CUT -> {
        PROXY.cut();
        PROXY.heal();
      }
      case KILL -> {
        SERVER.kill();
        SERVER.restart();
      }
    }
  }

  private static void terminateBackends() throws SQLException {
    try (Connection connection = DIRECT.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
              + " WHERE application_name = 'writer'");
    }
  }

  /** A commit that was under way when the client was gone may still come. */
  private static void awaitNoTransaction() throws SQLException {
    terminateBackends();
    Await.until(
        "the backends are gone",
        DEADLINE,
        () ->
            count(
                    "SELECT count(*) FROM pg_stat_activity"
                        + " WHERE application_name = 'writer' AND backend_xid IS NOT NULL")
                == 0);
  }

  /** Its keys are its own, so it knows the order of each. One row in a hundred is refused. */
  private static void produce(
      BatchWriter<Entry> writer,
      Ledger ledger,
      int own,
      boolean upsert,
      long seed,
      AtomicBoolean stop) {
    Random random = new Random(seed);
    for (long seq = 1; !stop.get(); seq++) {
      long id = own + 3 * (upsert ? random.nextInt(100) : seq);
      Entry entry = new Entry(id, seq, random.nextInt(100) == 0);
      try {
        if (random.nextInt(4) == 0) {
          ledger.addAcknowledged(writer, entry);
        } else {
          writer.add(entry);
          ledger.accepted.add(entry);
        }
      } catch (BufferFull full) {
        // Not accepted, and not added again.
      } catch (IllegalStateException closed) {
        return;
      }
    }
  }

  /** Locks rows against the order of the writer, so that some of both are deadlocked. */
  private static void collide(long seed, AtomicBoolean stop) {
    Random random = new Random(seed);
    while (!stop.get()) {
      try (Connection connection = DIRECT.getConnection();
          PreparedStatement lock =
              connection.prepareStatement("SELECT 1 FROM entries WHERE id = ? FOR UPDATE")) {
        connection.setAutoCommit(false);
        int from = 100 + random.nextInt(200);
        for (int id = from; id > from - 100; id -= 10) {
          lock.setLong(1, id);
          lock.execute();
        }
        connection.rollback();
      } catch (SQLException deadlocked) {
        // Or the server is gone; in any case once more.
      }
    }
  }

  @Test
  void aServerThatIsGoneForLongerThanTheBudgetCostsOnlyWhatWasTried() throws Exception {
    Ledger.createTables(DIRECT, true);
    Ledger ledger = new Ledger();
    Duration budget = Duration.ofHours(1);
    AtomicLong skipped = new AtomicLong();
    try (HikariDataSource pool = pool()) {
      BatchWriter.Builder<Entry> builder =
          BatchWriter.builder(pool, Ledger.TABLE, ledger.rejections::add)
              .config(
                  BatchConfig.builder()
                      .flushInterval(Duration.ofMillis(10))
                      .retryFor(budget)
                      .maxRetryPause(Duration.ofMillis(50))
                      .build());
      builder.nanos = () -> System.nanoTime() + skipped.get();
      try (BatchWriter<Entry> writer = builder.build()) {
        PROXY.cut();
        writer.add(new Entry(1, 1, false));
        Await.until("it tries", DEADLINE, () -> writer.health().workersRetrying() == 1);
        assertThat(ledger.rejections).isEmpty();

        skipped.addAndGet(budget.toNanos());

        Await.until("told that it is given up", DEADLINE, () -> !ledger.rejections.isEmpty());
        assertThat(writer.stats().rows().rejected()).isEqualTo(1);
        assertThat(ledger.rejections.element().reason()).isEqualTo(Rejection.Reason.UNAVAILABLE);
        writer.add(new Entry(2, 1, false));
        Await.until("it tries", DEADLINE, () -> writer.health().workersRetrying() == 1);
        assertThat(writer.health().healthy()).isFalse();
        PROXY.heal();
        Await.until("written", DEADLINE, () -> writer.stats().rows().flushed() == 1);
        assertThat(writer.health().healthy()).isTrue();
      }
    } finally {
      PROXY.heal();
    }
  }

  @Test
  void aCommitWhoseAnswerIsLostIsFoundOutAndNotRepeated() throws Exception {
    commitInDoubt(false);
  }

  @Test
  void aCommitThatDidNotTakePlaceIsFoundOutAndRepeated() throws Exception {
    commitInDoubt(true);
  }

  /** Nothing identifies a row, so nothing can tell whether it is there already. */
  @Test
  void aCommitOfRowsWithoutAKeyOfWhichNobodyCanTellIsNotRepeated() throws Exception {
    for (OnConflict onConflict : List.of(OnConflict.IGNORE, OnConflict.REJECT)) {
      Ledger.createTables(DIRECT, false);
      Ledger ledger = new Ledger();
      try (HikariDataSource pool = pool();
          Connection holder = DIRECT.getConnection();
          Statement statement = holder.createStatement();
          BatchWriter<Entry> writer =
              BatchWriter.builder(pool, Ledger.WITHOUT_KEY, ledger.rejections::add)
                  .statement(sound -> new Believer(sound, Fates.NEVER_KNOWN))
                  .config(BatchConfig.builder().workers(1).onConflict(onConflict).build())
                  .build()) {
        statement.execute(Ledger.HOLD_COMMITS);
        writer.add(new Entry(1, 1, false));
        Await.until("it commits", DEADLINE, () -> count(Ledger.HELD_COMMITS) == 1);
        PROXY.cut();
        PROXY.heal();
        statement.execute(Ledger.LET_COMMITS_GO);
        Await.until("told", DEADLINE, () -> !ledger.rejections.isEmpty());
        assertThat(ledger.rejections.element().reason())
            .isEqualTo(Rejection.Reason.OUTCOME_UNKNOWN);
        assertThat(writer.awaitFlushed(DEADLINE)).isTrue();
        Await.until("it ended", DEADLINE, () -> count("SELECT count(*) FROM entries") == 1);
      } finally {
        PROXY.heal();
      }
    }
  }

  /** The wire is cut while the server commits; then the commit goes on, or is ended. */
  private static void commitInDoubt(boolean end) throws Exception {
    Ledger.createTables(DIRECT, false);
    Ledger ledger = new Ledger();
    try (HikariDataSource pool = pool();
        Connection holder = DIRECT.getConnection();
        Statement statement = holder.createStatement()) {
      BatchWriter<Entry> writer =
          BatchWriter.builder(pool, Ledger.TABLE, ledger.rejections::add)
              .config(
                  BatchConfig.builder()
                      .flushInterval(Duration.ofMillis(5))
                      .onConflict(OnConflict.REJECT)
                      .build())
              .build();
      statement.execute(Ledger.HOLD_COMMITS);
      Entry entry = new Entry(1, 1, false);
      writer.add(entry);
      ledger.accepted.add(entry);
      Await.until("it commits", DEADLINE, () -> count(Ledger.HELD_COMMITS) == 1);
      PROXY.cut();
      PROXY.heal();
      Await.until("in doubt", DEADLINE, () -> writer.health().workersRetrying() == 1);
      if (end) {
        terminateBackends();
        Await.until("it is gone", DEADLINE, () -> count(Ledger.HELD_COMMITS) == 0);
      }
      statement.execute(Ledger.LET_COMMITS_GO);
      Await.until("known", DEADLINE, () -> writer.stats().rows().flushed() == 1);

      ledger.check(writer.close(DEADLINE), DIRECT, false);
      assertThat(count("SELECT count(*) FROM history WHERE id = 1")).isEqualTo(1);
    }
  }

  @Test
  void aCommitOfWhichNobodyCanTellIsNotCalledWritten() throws Exception {
    Ledger.createTables(DIRECT, false);
    Ledger ledger = new Ledger();
    try (HikariDataSource pool = pool();
        Connection holder = DIRECT.getConnection();
        Statement statement = holder.createStatement()) {
      BatchWriter<Entry> writer =
          BatchWriter.builder(pool, Ledger.TABLE, ledger.rejections::add)
              .config(
                  BatchConfig.builder()
                      .flushInterval(Duration.ofHours(1))
                      .onConflict(OnConflict.REJECT)
                      .build())
              .build();
      statement.execute(Ledger.HOLD_COMMITS);
      writer.add(new Entry(1, 1, false));
      CompletionStage<?> stage = writer.addAcknowledged(new Entry(2, 1, false));
      Await.until("it commits", DEADLINE, () -> count(Ledger.HELD_COMMITS) == 1);

      CloseResult<Entry> closed = writer.close(Duration.ofMillis(50));

      assertThat(closed.rows()).isEqualTo(new RowCounts(2, 0, 2, 0, 0));
      assertThat(ledger.rejections)
          .singleElement()
          .extracting(Rejection::reason)
          .isEqualTo(Rejection.Reason.OUTCOME_UNKNOWN);
      assertThat(stage.toCompletableFuture()).isCompletedExceptionally();
      assertThatThrownBy(() -> stage.toCompletableFuture().join())
          .hasCauseInstanceOf(OutcomeUnknown.class)
          .hasMessageContaining(
              "entries: the commit of a row broke off; it is in the table or not");
    }
  }

  private static long count(String sql) {
    try (Connection connection = DIRECT.getConnection();
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() ? row.getLong(1) : 0;
    } catch (SQLException failed) {
      throw new IllegalStateException(sql, failed);
    }
  }
}
