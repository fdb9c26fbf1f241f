package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.time.Duration;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;

/** The code of docs/guide/connection-pool.md. */
@RealPostgres
final class PoolGuideIT {
  @Test
  void aPoolOfTheRightSize(TestDatabase database) throws Exception {
    DataSource postgres = database.dataSource();
    PoolConfig config = PoolConfig.of(4); // cores of the database's machine
    try (PoolManager pool = PoolManager.builder(postgres).config(config).build()) {
      DataSource dataSource = pool.dataSource();
      try (Connection connection = dataSource.getConnection()) {
        assertThat(connection.isValid(1)).isTrue();
      }
      assertThat(pool.coldStart().complete()).isTrue();
    }
  }

  @Test
  void aPoolAmongSeveralInstances(TestDatabase database) {
    DataSource postgres = database.dataSource();
    MeterRegistry registry = new SimpleMeterRegistry();
    PoolConfig config =
        PoolConfig.builder(4)
            .name("orders")
            .instances(6)
            .reserved(20)
            .callers(8)
            .nesting(2)
            .warmUp(Duration.ofSeconds(5))
            .warmUpPolicy(WarmUpPolicy.REQUIRE_ALL)
            .build();
    try (PoolManager pool =
        PoolManager.builder(postgres)
            .config(config)
            .meterRegistry(registry)
            .tuner(TunerConfig.defaults())
            .build()) {
      assertThat(pool.sizing().minSize()).isEqualTo(9);
      assertThat(pool.health().connected()).isTrue();
    }
  }

  @Test
  void whatItFindsOut(TestDatabase database) {
    DataSource postgres = database.dataSource();
    PoolConfig config = PoolConfig.of(2);
    PoolListener listener =
        new PoolListener() {
          @Override
          public void onUtilisation(UtilisationAlert alert) {
            page("pool " + (alert.raised() ? "busy" : "calm") + ": " + alert.utilisation());
          }

          @Override
          public void onLeakSuspect(LeakSuspect suspect) {
            page(suspect.thread() + " holds a connection for " + suspect.held());
          }
        };
    try (PoolManager pool =
        PoolManager.builder(postgres).config(config).listener(listener).build()) {
      pool.resize(6);
      pool.warmUp(6, Duration.ofSeconds(5));
      assertThat(pool.stats().size()).isEqualTo(6);
    }
  }

  private static void page(String message) {
    assertThat(message).isNotEmpty();
  }
}
