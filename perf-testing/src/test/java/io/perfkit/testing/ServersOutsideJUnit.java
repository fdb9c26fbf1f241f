package io.perfkit.testing;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import redis.clients.jedis.Jedis;

/**
 * A host application that starts servers, prints the directory of each on a line of its own, and
 * ends without closing them.
 */
final class ServersOutsideJUnit {
  private ServersOutsideJUnit() {}

  public static void main(String[] arguments) throws SQLException {
    RedisProcess redis = RedisProcess.start();
    try (Jedis jedis = redis.connect()) {
      System.out.println(Path.of(jedis.configGet("dir").get("dir")));
    }
    System.out.println(RedisBinary.path().getParent());
    PostgresProcess postgres = PostgresProcess.start();
    try (Connection connection =
            DriverManager.getConnection(
                postgres.jdbcUrl("postgres"), postgres.user(), postgres.password());
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery("SHOW data_directory")) {
      rows.next();
      System.out.println(rows.getString(1));
    }
  }
}
