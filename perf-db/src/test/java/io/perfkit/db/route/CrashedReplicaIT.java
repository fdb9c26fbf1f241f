package io.perfkit.db.route;

import static io.perfkit.db.route.Servers.execute;
import static io.perfkit.db.route.Servers.number;
import static io.perfkit.db.route.Servers.pool;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.Await;
import io.perfkit.testing.PostgresReplicated;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A standby that loses a backend restarts at its last restart point, further back than it was found
 * last. Sessions go from one of three JVMs to another by their tokens meanwhile, and none reads
 * what is older than its last write.
 */
final class CrashedReplicaIT {
  private static final Duration DEADLINE = Duration.ofMinutes(2);
  private static final int CRASHES = 2;

  private final LongAdder onReplica = new LongAdder();
  private final AtomicLong older = new AtomicLong();

  private final PostgresReplicated servers = PostgresReplicated.start();
  private final DataSource direct = pool(servers.primary());
  private final List<Travelling> processes = new ArrayList<>();

  @AfterEach
  void stop() {
    processes.forEach(Travelling::close);
    servers.close();
  }

  @Test
  void noSessionReadsOlderThanItWroteAfterAStandbyCrashed() throws Exception {
    start();

    for (int crash = 0; crash < CRASHES; crash++) {
      travelThroughACrash();
    }

    assertThat(older).as("reads of what is older, of %s", onReplica).hasValue(0);
  }

  @Test
  void theCheckSeesNewConnectionsThatAreNotAskedWhereTheyStand() throws Exception {
    start("unasked");

    Await.until(
        "a session reads what is older than it wrote",
        Duration.ofMinutes(10),
        () -> {
          travelThroughACrash();
          return older.get() > 0;
        });
  }

  private void start(String... fault) throws Exception {
    execute(direct, "CREATE TABLE counters (id int PRIMARY KEY, n bigint)");
    execute(direct, "INSERT INTO counters SELECT i, 0 FROM generate_series(0, 3) i");
    execute(direct, "CREATE TABLE filler (id int, text text)");
    servers.awaitReplayed();
    for (int i = 0; i < 3; i++) {
      processes.add(
          new Travelling(
              servers.primary().jdbcUrl("postgres"), servers.replica().jdbcUrl("postgres"), fault));
    }
    for (Travelling each : processes) {
      Await.until("a replica is found", DEADLINE, () -> each.step(0, false, "-").onReplica());
    }
  }

  /** Sessions read on the replica, also after it has crashed under them. */
  private void travelThroughACrash() {
    AtomicBoolean over = new AtomicBoolean();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<Future<?>> sessions = new ArrayList<>();
      for (int id = 0; id < 4; id++) {
        int own = id;
        sessions.add(threads.submit(() -> travel(own, over)));
      }
      long before = onReplica.sum();
      Await.until("the replica reads", DEADLINE, () -> onReplica.sum() > before + 50);
      // What is to be replayed once the standby is consistent again, before the latest writes.
      execute(direct, "INSERT INTO filler SELECT i, 'x' FROM generate_series(1, 200000) i");
      long filled = onReplica.sum();
      Await.until("the replica reads", DEADLINE, () -> onReplica.sum() > filled + 50);
      crashABackend();
      long crashed = onReplica.sum();
      Await.until("the replica reads again", DEADLINE, () -> onReplica.sum() > crashed + 50);
      over.set(true);
      for (Future<?> session : sessions) {
        session.get();
      }
    } catch (InterruptedException | ExecutionException | SQLException failed) {
      throw new AssertionError(failed);
    } finally {
      over.set(true);
      threads.shutdownNow();
    }
  }

  private void crashABackend() throws SQLException {
    try (Connection connection = pool(servers.replica()).getConnection()) {
      long pid = number(connection, "SELECT pg_backend_pid()");
      assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
    } catch (SQLException itself) {
      // The connection died with it.
    }
  }

  private Void travel(int id, AtomicBoolean over) throws SQLException {
    long written;
    try (Connection connection = direct.getConnection()) {
      written = number(connection, "SELECT n FROM counters WHERE id = " + id);
    }
    String token = "-";
    for (int round = 0; !over.get(); round++) {
      Travelling process = processes.get(round % processes.size());
      if (token.equals("-") || round % 40 == 0) {
        Travelling.Step write = process.step(id, true, token);
        assertThat(write.failed()).isFalse();
        token = write.token();
        written++;
      }
      Travelling.Step read = process.step(id, false, token);
      if (!read.failed()) {
        onReplica.add(read.onReplica() ? 1 : 0);
        older.addAndGet(read.value() < written ? 1 : 0);
      }
    }
    return null;
  }
}
