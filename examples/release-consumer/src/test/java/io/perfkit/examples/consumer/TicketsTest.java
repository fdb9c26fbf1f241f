package io.perfkit.examples.consumer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.perfkit.db.query.QueryMonitor;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.testing.PostgresProcess;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.RedisProcess;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.TestRedis;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

/** What was released works in a host that has nothing but the released artifacts. */
@RealRedis
@RealPostgres
final class TicketsTest {
  private final TestRedis redis;
  private final TestDatabase database;

  TicketsTest(TestRedis redis, TestDatabase database) {
    this.redis = redis;
    this.database = database;
  }

  @Test
  void sellsTwoToEachBuyer() {
    try (RateLimiter limiter = RateLimiter.create(redis.client(), redis.prefix())) {
      assertSellsTwo(new Tickets(limiter));
    }
  }

  @Test
  void sellsTwoWithoutAServer() {
    try (RateLimiter limiter = RateLimiter.local()) {
      assertSellsTwo(new Tickets(limiter));
    }
  }

  @Test
  void monitorsPostgres18ByDefault() throws SQLException {
    try (QueryMonitor monitor = QueryMonitor.create();
        Connection connection = monitor.wrap(database.dataSource()).getConnection()) {
      assertTrue(version(connection).startsWith("18."), version(connection));
    }
  }

  @Test
  void startsServersWithoutAnnotations() throws SQLException {
    try (RedisProcess server = RedisProcess.start();
        RedisClient client = RedisClient.create("redis://" + server.address());
        PostgresProcess postgres = PostgresProcess.start();
        Connection connection =
            DriverManager.getConnection(
                postgres.jdbcUrl("postgres"), postgres.user(), postgres.password())) {
      assertEquals("PONG", client.ping());
      assertTrue(version(connection).startsWith("18."));
    }
  }

  private static void assertSellsTwo(Tickets tickets) {
    assertTrue(tickets.sell("ada"));
    assertTrue(tickets.sell("ada"));
    assertFalse(tickets.sell("ada"));
    assertTrue(tickets.sell("bob"));
  }

  private static String version(Connection connection) throws SQLException {
    try (ResultSet row = connection.createStatement().executeQuery("SHOW server_version")) {
      row.next();
      return row.getString(1);
    }
  }
}
