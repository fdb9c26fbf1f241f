package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.examples.marketplace.DatabaseAddress;
import io.perfkit.examples.marketplace.HostServer;
import io.perfkit.examples.marketplace.Schema;
import io.perfkit.examples.marketplace.Variant;
import io.perfkit.testing.Await;
import io.perfkit.testing.RealPostgres;
import io.perfkit.testing.RealRedis;
import io.perfkit.testing.TestDatabase;
import io.perfkit.testing.TestRedis;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.RedisClient;

@RealPostgres
@RealRedis
final class ServersIT {

  @Test
  void leavesNothingBehindOnTheServersOfTheUser(TestDatabase database, TestRedis redis)
      throws Exception {
    DatabaseAddress address =
        new DatabaseAddress(database.jdbcUrl(), database.user(), database.password());
    RedisClient client = redis.client();
    String keyOfUser = redis.prefix() + "-kept";
    client.set(keyOfUser, "kept");
    DemoSettings settings =
        new DemoSettings(
            Optional.of(address),
            Optional.of(redis.uri()),
            false,
            1,
            Duration.ofSeconds(1),
            Duration.ofSeconds(1));

    try (Closer closer = new Closer()) {
      Servers servers = Servers.start(settings, closer);
      servers.fill(Fixture.SIZE);
      HostServer host = closer.add(servers.host(Variant.PERFKIT).start());
      HttpTarget target = closer.add(new HttpTarget(host.uri()));
      assertThat(target.send(Call.get("/users/1")).join()).isEqualTo(200);
      Await.until( // the host answers without Redis if that is late
          "keys of the host",
          Duration.ofSeconds(30),
          () ->
              target.send(Call.get("/users/1")).join() == 200
                  && !client.keys("perfkit-marketplace-*").isEmpty());
      assertThat(schemas(database)).isEqualTo(1);
    }

    assertThat(client.keys("perfkit-marketplace-*")).isEmpty();
    assertThat(client.get(keyOfUser)).isEqualTo("kept");
    assertThat(schemas(database)).isZero();
  }

  private static int schemas(TestDatabase database) throws Exception {
    try (Connection connection = database.dataSource().getConnection();
        Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT count(*) FROM pg_namespace WHERE nspname = '" + Schema.NAME + "'")) {
      rows.next();
      return rows.getInt(1);
    }
  }
}
