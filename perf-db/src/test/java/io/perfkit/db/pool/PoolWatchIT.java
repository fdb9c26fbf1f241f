package io.perfkit.db.pool;

import static io.perfkit.db.pool.Pools.SOON;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

@RealPostgres
final class PoolWatchIT extends PoolWatchContract {
  private final TestDatabase server;
  private final PoolDatabase database;

  PoolWatchIT(TestDatabase server) {
    this.server = server;
    this.database = PoolDatabase.postgres(server);
  }

  @Override
  PoolDatabase database() {
    return database;
  }

  @Test
  void connectionsThatTheServerEndedAreReplaced() throws Exception {
    try (PoolManager pool =
        PoolManager.builder(Pools.named(server, "ended")).config(Pools.config().build()).build()) {
      Pools.close(Pools.take(pool.dataSource(), 4));
      try (Connection connection = server.dataSource().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'ended'");
      }
      Pools.awaitSessions(server, "ended", 0);

      Await.until("callers are served again", SOON, () -> answers(pool.dataSource()));
      Await.until("the pool is healthy", SOON, () -> pool.health().healthy());
    }
  }

  @Test
  void idleConnectionsThatTheServerEndedCostNobodyAnExceptionAfterHalfASecond() throws Exception {
    PoolConfig config = Pools.config().minIdle(0).build();
    try (PoolManager pool =
        PoolManager.builder(Pools.named(server, "idle-ended")).config(config).build()) {
      Pools.close(Pools.take(pool.dataSource(), 4));
      long usedLast = System.nanoTime();
      try (Connection connection = server.dataSource().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                + " WHERE application_name = 'idle-ended'");
      }
      Pools.awaitSessions(server, "idle-ended", 0);
      Await.until(
          "HikariCP asks before it hands out",
          SOON,
          () -> System.nanoTime() - usedLast > Duration.ofMillis(700).toNanos());

      for (int caller = 0; caller < 12; caller++) {
        try (Connection connection = pool.dataSource().getConnection()) {
          assertThat(Pools.one(connection)).isEqualTo(1);
        }
      }
    }
  }

  private static boolean answers(DataSource source) {
    try (Connection connection = source.getConnection()) {
      return Pools.one(connection) == 1;
    } catch (SQLException e) {
      return false;
    }
  }
}
