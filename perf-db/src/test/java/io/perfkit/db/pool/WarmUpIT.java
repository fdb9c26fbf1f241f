package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.db.internal.DelegatingDataSource;
import io.perfkit.testing.Await;
import io.perfkit.testing.FaultProxy;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.ThreadLeaks;
import java.net.URI;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.postgresql.ds.PGSimpleDataSource;
import redis.clients.jedis.HostAndPort;

@RealPostgres
final class WarmUpIT extends WarmUpContract {
  private final PoolDatabase database;

  WarmUpIT(TestDatabase server) {
    database = PoolDatabase.postgres(server);
  }

  @Override
  PoolDatabase database() {
    return database;
  }

  @Test
  void aServerThatIsFullEndsTheWarmUpAndSaysSo(TestDatabase database) throws Exception {
    DataSource source = limited(database, "full_role", 5);
    PoolConfig config = warm(10).reserved(0).size(10).build();
    // The role's own limit is read and kept to, so somebody else must take what is left.
    try (Connection other = source.getConnection()) {
      assertThat(Pools.one(other)).isEqualTo(1);
      try (PoolManager pool = PoolManager.builder(source).config(config).build()) {
        WarmUp warmUp = pool.coldStart();
        assertThat(pool.sizing().maxSize()).isEqualTo(5);
        assertThat(warmUp.wanted()).isEqualTo(5);
        assertThat(warmUp.ready()).isEqualTo(4);
        assertThat(warmUp.lastFailure()).startsWith("53300 ");
      }
    }
    // Of a role of its own, since the server still counts sessions of the first that are ending.
    DataSource fresh = limited(database, "full_role_again", 5);
    try (Connection other = fresh.getConnection()) {
      assertThat(Pools.one(other)).isEqualTo(1);
      PoolConfig all = warm(5).reserved(0).size(5).warmUpPolicy(WarmUpPolicy.REQUIRE_ALL).build();
      assertThatThrownBy(() -> PoolManager.builder(fresh).config(all).build())
          .isInstanceOf(WarmUpFailed.class)
          .hasMessageContaining("4 of 5 connections ready")
          .hasMessageContaining("53300")
          .hasMessageContaining("REQUIRE_ALL");
      Pools.awaitSessions(database, "full_role_again", 1); // the other's: what was opened is closed
    }
  }

  @Test
  void aDatabaseThatIsNotThereIsToldAtOnceAndNotTriedAgain(TestDatabase database) {
    PGSimpleDataSource source = (PGSimpleDataSource) Pools.named(database, "wrong");
    source.setDatabaseName("there_is_none");
    PoolConfig config = warm(4).warmUp(Duration.ofMinutes(10)).build();

    ThreadLeaks.assertNone(
        "perf-db-",
        () ->
            assertThatThrownBy(() -> PoolManager.builder(source).config(config).build())
                .isInstanceOf(WarmUpFailed.class)
                .hasMessageContaining("0 of 4 connections ready")
                .hasMessageContaining("1 failed: 3D000")
                .hasCauseInstanceOf(SQLException.class));
  }

  @Test
  void aRoleThatMayNotLogInIsToldAtOnce(TestDatabase database) {
    PGSimpleDataSource source = (PGSimpleDataSource) Pools.named(database, "wrong");
    source.setUser("nobody_of_that_name");
    source.setPassword("secret-of-nobody");
    PoolConfig config = warm(4).warmUp(Duration.ofMinutes(10)).build();

    assertThatThrownBy(() -> PoolManager.builder(source).config(config).build())
        .isInstanceOf(WarmUpFailed.class)
        .hasMessageContaining("1 failed: 28000")
        .hasMessageNotContaining("secret-of-nobody");
  }

  @Test
  void bestEffortStartsWithoutTheServerAndRecovers(TestDatabase database) throws Exception {
    URI address = URI.create(database.jdbcUrl().substring("jdbc:".length()));
    try (FaultProxy proxy = FaultProxy.to(new HostAndPort(address.getHost(), address.getPort()))) {
      PGSimpleDataSource source = (PGSimpleDataSource) Pools.named(database, "later");
      source.setServerNames(new String[] {proxy.address().getHost()});
      source.setPortNumbers(new int[] {proxy.address().getPort()});
      proxy.cut();
      PoolConfig config =
          warm(3).warmUp(Duration.ofMillis(500)).warmUpPolicy(WarmUpPolicy.BEST_EFFORT).build();
      try (PoolManager pool = PoolManager.builder(source).config(config).build()) {
        assertThat(pool.coldStart().ready()).isZero();
        assertThat(pool.sizing().maxSize()).isEqualTo(config.maxSize()); // nobody told
        assertThat(pool.coldStart().failures()).isPositive();
        assertThat(pool.health().connected()).isFalse();

        proxy.heal();

        try (Connection connection = pool.dataSource().getConnection()) {
          assertThat(Pools.one(connection)).isEqualTo(1);
        }
        assertThat(pool.warmUp(3, Duration.ofSeconds(20)).complete()).isTrue();
        assertThat(pool.health().healthy()).isTrue();
      }
    }
  }

  @Test
  void waitsForAServerThatComesUpBeforeTheDeadline(TestDatabase database) throws Exception {
    URI address = URI.create(database.jdbcUrl().substring("jdbc:".length()));
    try (FaultProxy proxy = FaultProxy.to(new HostAndPort(address.getHost(), address.getPort()))) {
      AtomicInteger attempts = new AtomicInteger();
      PGSimpleDataSource source =
          new PGSimpleDataSource() {
            @Override
            public Connection getConnection() throws SQLException {
              attempts.incrementAndGet();
              return super.getConnection();
            }
          };
      source.setServerNames(new String[] {proxy.address().getHost()});
      source.setPortNumbers(new int[] {proxy.address().getPort()});
      source.setDatabaseName(address.getPath().substring(1));
      source.setUser(database.user());
      source.setPassword(database.password());
      proxy.cut();
      PoolConfig config = warm(3).warmUp(Duration.ofSeconds(30)).build();
      CompletableFuture<PoolManager> building =
          Pools.async("builder", () -> PoolManager.builder(source).config(config).build());
      Await.until("it tries again", Pools.SOON, () -> attempts.get() > 1);

      proxy.heal();

      try (PoolManager pool = Pools.get(building)) {
        assertThat(pool.coldStart().complete()).isTrue();
        assertThat(pool.coldStart().failures()).isPositive();
      }
    }
  }

  /** Connections of a role that may have {@code limit} of them. */
  private static DataSource limited(TestDatabase database, String role, int limit)
      throws SQLException {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement()) {
      statement.execute("DROP ROLE IF EXISTS " + role);
      statement.execute("CREATE ROLE " + role + " LOGIN PASSWORD 'p' CONNECTION LIMIT " + limit);
    }
    PGSimpleDataSource source = (PGSimpleDataSource) Pools.named(database, role);
    source.setUser(role);
    source.setPassword("p");
    return new DelegatingDataSource(source) {
      /* One after the other: of two at once for the last place the server may refuse both. */
      @Override
      public synchronized Connection getConnection() throws SQLException {
        return delegate.getConnection();
      }
    };
  }
}
