package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
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
        assertThat(Pools.one(connection)).isEqualTo(1);
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

  /** Where a host keeps its passwords. */
  private interface Vault {
    String password();
  }

  /** What a host knows of the request under way. */
  private interface Request {
    Optional<Duration> remaining();
  }

  @Test
  void settingsOfItsConnections(TestDatabase database) throws Exception {
    DataSource postgres = database.dataSource();
    Vault vault = database::password;
    Request request = Optional::empty;
    try (Connection connection = postgres.getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("CREATE SCHEMA shop");
      statement.execute(
          "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'app') THEN"
              + " CREATE ROLE app LOGIN PASSWORD '"
              + database.password()
              + "'; END IF; END $$");
      statement.execute("GRANT USAGE ON SCHEMA shop TO app");
    }
    PoolConfig config =
        PoolConfig.builder(4)
            .statementTimeout(Duration.ofSeconds(30))
            .idleTimeout(Duration.ofMinutes(5))
            .keepalive(Duration.ofMinutes(1))
            .connection(
                ConnectionDefaults.defaults()
                    .withAutoCommit(false)
                    .withSchema("shop")
                    .withInitSql("SET work_mem = '16MB'"))
            .build();
    try (PoolManager pool =
        PoolManager.builder(postgres)
            .config(config)
            .credentials(() -> new Credentials("app", vault.password()))
            .deadline(request::remaining)
            .build()) {
      try (Connection connection = pool.dataSource().getConnection()) {
        assertThat(connection.getMetaData().getUserName()).isEqualTo("app");
        assertThat(connection.getSchema()).isEqualTo("shop");
        connection.rollback();
      }
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
