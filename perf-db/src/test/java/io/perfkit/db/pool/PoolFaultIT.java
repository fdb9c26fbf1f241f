package io.perfkit.db.pool;

import static io.perfkit.db.pool.Pools.SOON;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.Await;
import io.perfkit.testing.PostgresProcess;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

/** A server that is killed under a pool, and comes back. */
final class PoolFaultIT {
  private static final Duration LONG = Duration.ofMinutes(10);

  private final PostgresProcess server = PostgresProcess.start();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void inAnOutageCallersFailAtOnceAllButOneWhoIsServedAfterIt() throws Exception {
    try (PoolManager pool = open(Duration.ZERO)) {
      server.kill();
      CompletableFuture<Connection> patient = waiter(pool);
      Await.until("nobody can connect", SOON, () -> isOut(pool, 1));

      for (int i = 0; i < 10; i++) {
        assertThatThrownBy(pool.dataSource()::getConnection)
            .isInstanceOf(SQLTransientConnectionException.class)
            .hasMessageStartingWith("pool 'test' has no connection, and nobody could connect")
            .hasCauseInstanceOf(SQLException.class);
      }

      assertThat(pool.stats().acquireFailures()).isEqualTo(10);
      assertThat(pool.health().healthy()).isFalse();
      long failures = pool.stats().connectFailures();
      // HikariCP itself would try ten times at most, with growing pauses.
      Await.until("it tries on", SOON, () -> pool.stats().connectFailures() > failures + 30);
      assertThat(patient).isNotDone();

      server.restart();

      Pools.get(patient).close();
      Pools.close(Pools.take(pool.dataSource(), 4));
      assertThat(pool.stats().acquireFailures()).isEqualTo(10);
      Await.until("it is healthy", SOON, () -> pool.health().healthy());
    }
  }

  @Test
  void whoComesFirstInAnOutageWaits() throws Exception {
    server.kill();
    try (PoolManager pool = PoolManager.builder(source()).config(config(Duration.ZERO)).build()) {
      CompletableFuture<Connection> patient = waiter(pool);
      Await.until("it waits", SOON, () -> isOut(pool, 1));

      assertThatThrownBy(pool.dataSource()::getConnection)
          .isInstanceOf(SQLTransientConnectionException.class);

      server.restart();
      Pools.get(patient).close();
    }
  }

  @Test
  void aShortOutageIsWaitedOut() throws Exception {
    try (PoolManager pool = open(Duration.ofHours(1))) {
      server.kill();
      List<CompletableFuture<Connection>> patient = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        patient.add(waiter(pool));
      }
      Await.until("nobody can connect", SOON, () -> isOut(pool, 4));
      patient.add(waiter(pool));
      Await.until("a caller that comes now waits too", SOON, () -> isOut(pool, 5));

      server.restart();

      for (CompletableFuture<Connection> each : patient) {
        Pools.get(each).close();
      }
      assertThat(pool.stats().acquireFailures()).isZero();
    }
  }

  private DataSource source() {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setUrl(server.jdbcUrl("postgres"));
    source.setUser(server.user());
    source.setPassword(server.password());
    return source;
  }

  private static PoolConfig config(Duration outageAfter) {
    return Pools.config().acquireTimeout(LONG).outageAfter(outageAfter).build();
  }

  /** With connections that are dead once the server is killed. */
  private PoolManager open(Duration outageAfter) throws Exception {
    PoolManager pool = PoolManager.builder(source()).config(config(outageAfter)).build();
    Pools.close(Pools.take(pool.dataSource(), 4));
    return pool;
  }

  private static CompletableFuture<Connection> waiter(PoolManager pool) {
    return Pools.async(
        "patient",
        () -> {
          while (true) {
            Connection connection = pool.dataSource().getConnection();
            if (isAlive(connection)) {
              return connection;
            }
            connection.close(); // it was used just before the server died
          }
        });
  }

  private static boolean isAlive(Connection connection) {
    try {
      return Pools.one(connection) == 1;
    } catch (SQLException e) {
      return false;
    }
  }

  private static boolean isOut(PoolManager pool, int waiting) {
    PoolStats stats = pool.stats();
    return stats.waiting() == waiting
        && stats.active() + stats.idle() == 0
        && stats.connectFailures() > 0;
  }
}
