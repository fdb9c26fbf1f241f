package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisConnectionException;

/** The code of docs/guide/testing.md. */
final class TestingGuideIT {
  private static final Duration DEADLINE = Duration.ofSeconds(10);

  @RealRedis
  @RealPostgres
  static final class BothServersIT {
    private final TestRedis redis;
    private final TestDatabase database;

    BothServersIT(TestRedis redis, TestDatabase database) {
      this.redis = redis;
      this.database = database;
    }

    @Test
    void talksToBoth() throws SQLException {
      redis.client().set(redis.prefix() + "greeting", "hello");
      try (Connection connection = database.dataSource().getConnection()) {
        assertThat(connection.isValid(20)).isTrue();
      }
    }
  }

  @Test
  void startsServersOfItsOwn() throws SQLException {
    try (RedisProcess redis = RedisProcess.start();
        RedisClient client = RedisClient.create("redis://" + redis.address());
        PostgresProcess postgres = PostgresProcess.start();
        Connection connection =
            DriverManager.getConnection(
                postgres.jdbcUrl("postgres"), postgres.user(), postgres.password())) {
      assertThat(client.ping()).isEqualTo("PONG");
      assertThat(connection.isValid(20)).isTrue();
    }
  }

  @Test
  void breaksTheNetworkAndHealsIt() {
    try (RedisProcess redis = RedisProcess.start();
        FaultProxy network = FaultProxy.to(redis.address());
        RedisClient client = RedisClient.create("redis://" + network.address())) {
      client.set("key", "value");
      network.cut();
      assertThatThrownBy(() -> client.get("key")).isInstanceOf(JedisConnectionException.class);
      network.heal();
      Await.until("Redis answers again", Duration.ofSeconds(10), () -> answers(client));
    }
  }

  private static boolean answers(RedisClient client) {
    try {
      return client.ping().equals("PONG");
    } catch (JedisConnectionException stillBroken) {
      return false;
    }
  }

  @Test
  void findsThreadsThatAreLeftBehind() throws InterruptedException {
    ThreadLeaks.assertNone(
        "my-worker-",
        () -> {
          Thread worker = new Thread(() -> {}, "my-worker-1");
          worker.start();
          worker.join(DEADLINE.toMillis());
        });
  }
}
