package io.perfkit.jobs;

import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

/** On a pool whose connections do not commit by themselves. */
@RealPostgres
final class PostgresJobsIT extends JobsContract {
  private static HikariDataSource pool;

  @BeforeAll
  static void openPool(TestDatabase database) {
    pool = Pools.of(database, 24, false);
  }

  @AfterAll
  static void closePool() {
    pool.close();
  }

  @Override
  JobStore open(String application) {
    return PostgresStore.create(pool, application);
  }
}
