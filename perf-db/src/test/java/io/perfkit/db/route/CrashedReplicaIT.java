package io.perfkit.db.route;

import static io.perfkit.db.route.Servers.execute;
import static io.perfkit.db.route.Servers.number;
import static io.perfkit.db.route.Servers.pool;
import static io.perfkit.db.route.Servers.readsOnReplica;
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
 * last. Sessions go from router to router by their tokens meanwhile, and none reads what is older
 * than its last write.
 */
@SuppressWarnings("try") // sessions are opened for what they do
final class CrashedReplicaIT {
  private static final Duration DEADLINE = Duration.ofSeconds(30);
  private static final int CRASHES = 3;

  private final PostgresReplicated servers = PostgresReplicated.start();
  private final DataSource direct = pool(servers.primary());
  private final List<Router> routers = new ArrayList<>();

  @AfterEach
  void stop() {
    routers.forEach(Router::close);
    servers.close();
  }

  @Test
  void noSessionReadsOlderThanItWroteAfterAStandbyCrashed() throws Exception {
    execute(direct, "CREATE TABLE counters (id int PRIMARY KEY, n bigint)");
    execute(direct, "INSERT INTO counters SELECT i, 0 FROM generate_series(0, 3) i");
    servers.awaitReplayed();
    for (int i = 0; i < 3; i++) {
      routers.add(
          Router.builder(direct)
              .replica("replica-1", pool(servers.replica()))
              .config(
                  RouterConfig.builder()
                      .pollEvery(Duration.ofSeconds(2)) // so an old answer is believed for long
                      .maxSilence(Duration.ofSeconds(10))
                      .maxLag(Duration.ofMinutes(1))
                      .maxFallbackReads(100)
                      .build())
              .build());
    }
    for (Router router : routers) {
      Await.until("a replica is found", DEADLINE, () -> readsOnReplica(router));
    }
    LongAdder onReplica = new LongAdder();
    AtomicLong older = new AtomicLong();
    AtomicBoolean over = new AtomicBoolean();
    ExecutorService threads = Executors.newCachedThreadPool();
    try {
      List<Future<?>> sessions = new ArrayList<>();
      for (int id = 0; id < 4; id++) {
        int own = id;
        sessions.add(threads.submit(() -> travel(own, over, onReplica, older)));
      }
      for (int crash = 0; crash < CRASHES; crash++) {
        long before = onReplica.sum();
        Await.until("the replica reads", DEADLINE, () -> onReplica.sum() > before + 50);
        crashABackend();
      }
      long before = onReplica.sum();
      Await.until("the replica reads again", DEADLINE, () -> onReplica.sum() > before + 50);
      over.set(true);
      for (Future<?> session : sessions) {
        session.get();
      }
    } catch (ExecutionException failed) {
      throw new AssertionError(failed.getCause());
    } finally {
      over.set(true);
      threads.shutdownNow();
    }
    assertThat(older).as("reads of what is older, of %s", onReplica).hasValue(0);
  }

  private void crashABackend() throws SQLException {
    try (Connection connection = pool(servers.replica()).getConnection()) {
      long pid = number(connection, "SELECT pg_backend_pid()");
      assertThat(ProcessHandle.of(pid).orElseThrow().destroyForcibly()).isTrue();
    } catch (SQLException itself) {
      // The connection died with it.
    }
  }

  private Void travel(int id, AtomicBoolean over, LongAdder onReplica, AtomicLong older)
      throws SQLException {
    String token = "";
    long written = 0;
    for (int round = 0; !over.get(); round++) {
      Router router = routers.get(round % routers.size());
      try (CausalSession session = token.isEmpty() ? router.session() : router.session(token)) {
        if (round % 40 == 0) {
          try (Connection connection = router.dataSource().getConnection()) {
            execute(connection, "UPDATE counters SET n = n + 1 WHERE id = " + id);
            written++;
          }
          token = session.token().orElseThrow();
        }
        long read;
        try (Connection connection = router.dataSource().getConnection()) {
          connection.setReadOnly(true);
          connection.setAutoCommit(false);
          read = number(connection, "SELECT n FROM counters WHERE id = " + id);
          onReplica.add(Servers.onReplica(connection) ? 1 : 0);
          connection.commit();
        } catch (SQLException crashed) {
          continue;
        }
        older.addAndGet(read < written ? 1 : 0);
      }
    }
    return null;
  }
}
