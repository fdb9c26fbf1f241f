package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.db.pool.TunerDecision.Reason;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

@RealPostgres
final class TunerIT extends TunerContract {
  private final TestDatabase server;
  private final PoolDatabase database;

  TunerIT(TestDatabase server) {
    this.server = server;
    this.database = PoolDatabase.postgres(server);
  }

  @Override
  PoolDatabase database() {
    return database;
  }

  @Test
  void aServerThatIsFullStopsIt() throws Exception {
    try (Connection connection = server.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE ROLE tuner_full LOGIN PASSWORD 'p'");
    }
    PGSimpleDataSource source = (PGSimpleDataSource) Pools.named(server, "tuner_full");
    source.setUser("tuner_full");
    source.setPassword("p");
    // Nobody can connect, but callers that wait are served by the connections that there are.
    PoolConfig config = Pools.config().size(3).minIdle(1).outageAfter(Duration.ZERO).build();
    try (PoolManager pool = PoolManager.builder(source).config(config).tuner(QUICK).build()) {
      // Known to the server only after the pool has asked it.
      try (Connection connection = server.dataSource().getConnection();
          Statement statement = connection.createStatement()) {
        statement.execute("ALTER ROLE tuner_full CONNECTION LIMIT 3");
      }
      underLoad(
          pool.dataSource(),
          8,
          () ->
              Await.until(
                  "it was refused",
                  CLIMB,
                  () ->
                      pool.decisions().stream()
                          .anyMatch(decision -> decision.reason() == Reason.REFUSED)));
      assertThat(pool.stats().size()).isLessThanOrEqualTo(3);
      assertThat(pool.stats().connectFailures()).isPositive();
    }
  }
}
