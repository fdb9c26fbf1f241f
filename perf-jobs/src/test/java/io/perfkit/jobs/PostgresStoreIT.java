package io.perfkit.jobs;

import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;

@RealPostgres
final class PostgresStoreIT extends StoreContract {
  private static HikariDataSource pool;

  @BeforeAll
  static void openPool(TestDatabase database) {
    pool = Pools.of(database, 8, true);
  }

  @AfterAll
  static void closePool() {
    pool.close();
  }

  @Override
  JobStore open(String application) {
    return PostgresStore.create(pool, application);
  }

  @Override
  void pass(Duration time) {
    long start = System.nanoTime();
    Await.until(
        "time passed",
        time.plusSeconds(30),
        () -> System.nanoTime() - start > time.plusMillis(20).toNanos());
  }
}
