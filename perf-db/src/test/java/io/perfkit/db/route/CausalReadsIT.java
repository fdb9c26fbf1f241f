package io.perfkit.db.route;

import static io.perfkit.db.route.Servers.execute;
import static io.perfkit.db.route.Servers.number;
import static io.perfkit.db.route.Servers.pool;
import static io.perfkit.db.route.Servers.readsOnReplica;
import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.db.batch.BatchTable;
import io.perfkit.db.batch.BatchWriter;
import io.perfkit.testing.Await;
import io.perfkit.testing.PostgresReplicated;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Sessions that write and read at once, while the replica stands still now and then: none reads
 * what is older than its last write.
 */
@SuppressWarnings("try") // scopes and sessions are opened for what they do
final class CausalReadsIT {
  private static final Duration DEADLINE = Duration.ofSeconds(20);
  private static final int SESSIONS = 4;
  private static final int ROUNDS = 150;
  private static final int REPLICA_READS = 20;

  /** Longer than a busy machine keeps a poller, or the test itself, waiting. */
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  /** Rounds with writes, then as many without, or the replica is always behind the session. */
  private static final int SPELL = 25;

  private final PostgresReplicated servers = PostgresReplicated.start();
  private final Router router =
      Router.builder(pool(servers.primary()))
          .replica("replica-1", pool(servers.replica()))
          .config(
              RouterConfig.builder()
                  .pollEvery(Duration.ofMillis(10))
                  .maxSilence(PATIENCE)
                  .maxLag(PATIENCE)
                  .build())
          .build();

  @BeforeEach
  void makeTable() throws SQLException {
    execute(pool(servers.primary()), "CREATE TABLE counters (id int PRIMARY KEY, n bigint)");
    for (int id = 0; id < SESSIONS; id++) {
      execute(pool(servers.primary()), "INSERT INTO counters VALUES (" + id + ", 0)");
    }
    servers.awaitReplayed();
    Await.until("a replica is found", DEADLINE, () -> readsOnReplica(router));
  }

  @AfterEach
  void stop() {
    router.close();
    servers.close();
  }

  @Test
  void noSessionReadsOlderThanItWrote() throws Exception {
    assertThat(run(true)).as("reads on the replica").isGreaterThanOrEqualTo(REPLICA_READS);
  }

  @Test
  void theCheckSeesReadsWithoutASession() {
    assertThatThrownBy(() -> run(false)).hasRootCauseInstanceOf(AssertionError.class);
  }

  /** A row of the test. */
  record Bet(long id, int stake) {}

  @Test
  void aSessionSeesARowThatABatchWriterAcknowledgedOnceItIsIncluded() throws Exception {
    execute(pool(servers.primary()), "CREATE TABLE bets (id bigint PRIMARY KEY, stake int)");
    servers.awaitReplayed();
    Await.until("a replica is found", DEADLINE, () -> readsOnReplica(router));
    servers.pauseReplay();
    String token;
    try (BatchWriter<Bet> bets =
            BatchWriter.create(
                router.dataSource(), BatchTable.of("bets", Bet.class, "id"), rejected -> {});
        CausalSession session = router.session()) {
      bets.addAcknowledged(new Bet(7, 2)).toCompletableFuture().get(20, SECONDS);
      assertThat(bets()).as("without being told, the replica serves").isZero();

      session.includeCommitted();

      assertThat(bets()).isEqualTo(1);
      token = session.token().orElseThrow();
    } finally {
      servers.resumeReplay();
    }
    try (CausalSession next = router.session(token)) {
      assertThat(bets()).isEqualTo(1);
    }
  }

  private long bets() throws SQLException {
    try (Connection connection = router.dataSource().getConnection()) {
      connection.setReadOnly(true);
      return number(connection, "SELECT count(*) FROM bets WHERE id = 7");
    }
  }

  /** How many reads the replica answered. */
  private long run(boolean inSession) throws ExecutionException, InterruptedException {
    long seed = System.nanoTime();
    AtomicBoolean over = new AtomicBoolean();
    LongAdder onReplica = new LongAdder();
    ExecutorService threads = Executors.newFixedThreadPool(SESSIONS + 1);
    try {
      Future<?> chaos = threads.submit(() -> standStillNowAndThen(new Random(seed), over));
      List<Future<?>> sessions = new ArrayList<>();
      for (int id = 0; id < SESSIONS; id++) {
        int session = id;
        Random random = new Random(seed + id + 1);
        sessions.add(
            threads.submit(
                () -> {
                  if (inSession) {
                    try (CausalSession bound = router.session()) {
                      writeAndRead(session, random, onReplica);
                    }
                  } else {
                    writeAndRead(session, random, onReplica);
                  }
                  return null;
                }));
      }
      try {
        for (Future<?> session : sessions) {
          session.get();
        }
      } catch (ExecutionException e) {
        throw new ExecutionException("seed " + seed, e.getCause());
      } finally {
        over.set(true);
        chaos.get();
      }
    } finally {
      threads.shutdownNow();
    }
    return onReplica.sum();
  }

  private void writeAndRead(int id, Random random, LongAdder onReplica) throws SQLException {
    long written = 0;
    long start = System.nanoTime();
    for (int round = 0; round < ROUNDS || lacksReads(onReplica, start); round++) {
      if (round / SPELL % 2 == 0 && random.nextInt(4) == 0) {
        try (Connection connection = router.dataSource().getConnection()) {
          connection.setAutoCommit(random.nextBoolean());
          execute(connection, "UPDATE counters SET n = n + 1 WHERE id = " + id);
          if (!connection.getAutoCommit()) {
            connection.commit();
          }
          written++;
        }
      }
      try (Connection connection = router.dataSource().getConnection()) {
        connection.setReadOnly(true);
        long read = number(connection, "SELECT n FROM counters WHERE id = " + id);
        assertThat(read).as("session %s in round %s", id, round).isEqualTo(written);
        onReplica.add(Servers.onReplica(connection) ? 1 : 0);
      }
    }
  }

  /** The replica may have stood still for most of the rounds. */
  private static boolean lacksReads(LongAdder onReplica, long start) {
    return onReplica.sum() < REPLICA_READS && System.nanoTime() - start < DEADLINE.toNanos();
  }

  private void standStillNowAndThen(Random random, AtomicBoolean over) {
    while (!over.get()) {
      servers.pauseReplay();
      pass(random, over);
      servers.resumeReplay();
      pass(random, over);
    }
  }

  private static void pass(Random random, AtomicBoolean over) {
    long end = System.nanoTime() + Duration.ofMillis(random.nextInt(400)).toNanos();
    Await.until("pause", DEADLINE, () -> over.get() || System.nanoTime() - end > 0);
  }
}
