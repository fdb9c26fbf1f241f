package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;

@RealPostgres
final class ResizeIT extends ResizeContract {
  private final PoolDatabase database;

  ResizeIT(TestDatabase server) {
    database = PoolDatabase.postgres(server);
  }

  @Override
  PoolDatabase database() {
    return database;
  }

  @Test
  void whatIsStillInUseWhenItClosesIsAborted() throws Exception {
    PoolManager pool =
        PoolManager.builder(database.source()).config(Pools.config().build()).build();
    Connection inUse = pool.dataSource().getConnection();

    pool.close();

    database.awaitSessions(0);
    assertThatThrownBy(() -> Pools.one(inUse)).isInstanceOf(SQLException.class);
  }
}
