package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;

final class UnpooledManagerTest {
  @Test
  void handsTheDatabaseOutAndManagesNothing() {
    DataSource database = new PGSimpleDataSource();
    try (PoolManager pool = PoolManager.disabled(database)) {
      assertThat(pool.dataSource()).isSameAs(database);
      pool.resize(3);
      assertThat(pool.warmUp(3, Duration.ZERO).complete()).isTrue();
      assertThat(pool.health().healthy()).isTrue();
      assertThat(pool.health().warnings()).isEmpty();
      assertThat(pool.leakSuspects()).isEmpty();
      assertThat(pool.decisions()).isEmpty();
    }
  }
}
