package io.perfkit.examples.marketplace.load;

import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.examples.marketplace.DataSize;
import io.perfkit.examples.marketplace.DatabaseAddress;
import io.perfkit.examples.marketplace.HostSettings;
import io.perfkit.examples.marketplace.Schema;
import io.perfkit.examples.marketplace.Variant;
import io.perfkit.redis.GuardConfig;
import io.perfkit.testing.PostgresProcess;
import io.perfkit.testing.RedisProcess;
import java.net.URI;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Random;
import java.util.UUID;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;

/**
 * The PostgreSQL and the Redis of a run: embedded ones, or the user's, in which only the schema
 * {@value Schema#NAME} and keys of one prefix are made, and removed at the end. One thread at a
 * time.
 */
final class Servers implements AutoCloseable {
  private final DatabaseAddress database;
  private final URI redis;
  private final boolean ownDatabase;
  private final boolean ownRedis;
  private final String prefix =
      "perfkit-marketplace-" + HexFormat.of().toHexDigits(new Random().nextLong());
  private final String secret = UUID.randomUUID().toString();
  private int hosts;

  private Servers(DemoSettings settings, Closer closer) {
    ownDatabase = settings.database().isEmpty();
    ownRedis = settings.redis().isEmpty();
    database = settings.database().orElseGet(() -> embedded(closer.add(PostgresProcess.start())));
    redis = settings.redis().orElseGet(() -> embedded(closer.add(RedisProcess.start())));
  }

  /** Starts what the user does not bring; {@code closer} ends it. */
  static Servers start(DemoSettings settings, Closer closer) {
    return closer.add(new Servers(settings, closer));
  }

  /** Makes the data anew: the same rows every time. */
  void fill(DataSize size) {
    try (HikariDataSource connections = database.open()) {
      Schema.create(connections, size);
    }
  }

  /** For one more host, whose caches begin empty. */
  HostSettings host(Variant variant) {
    hosts++;
    Duration budget = GuardConfig.defaults().budget();
    return new HostSettings(variant, database, redis, prefix + "-" + hosts, budget, secret);
  }

  @Override
  public void close() {
    if (!ownDatabase) {
      try (HikariDataSource connections = database.open()) {
        Schema.drop(connections);
      }
    }
    if (!ownRedis) {
      try (RedisClient client = RedisClient.create(redis)) {
        deleteKeys(client);
      }
    }
  }

  private void deleteKeys(RedisClient client) {
    ScanParams ours = new ScanParams().match(prefix + "*").count(1_000);
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> found = client.scan(cursor, ours);
      for (String key : found.getResult()) {
        client.unlink(key);
      }
      cursor = found.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
  }

  private static DatabaseAddress embedded(PostgresProcess postgres) {
    return new DatabaseAddress(postgres.jdbcUrl("postgres"), postgres.user(), postgres.password());
  }

  private static URI embedded(RedisProcess process) {
    return URI.create("redis://" + process.address());
  }
}
