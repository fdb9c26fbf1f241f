package io.perfkit.examples.marketplace.load;

import com.zaxxer.hikari.HikariDataSource;
import io.perfkit.examples.marketplace.DataSize;
import io.perfkit.examples.marketplace.DatabaseAddress;
import io.perfkit.examples.marketplace.HostServer;
import io.perfkit.examples.marketplace.HostSettings;
import io.perfkit.examples.marketplace.Schema;
import io.perfkit.examples.marketplace.Variant;
import io.perfkit.testing.TestDatabase;
import java.net.URI;
import java.net.http.HttpResponse;
import java.time.Duration;

/** Hosts in this JVM over one small market. One thread at a time. */
final class Fixture implements AutoCloseable {
  static final DataSize SIZE = new DataSize(300, 60, 6_000);

  private final Closer closer = new Closer();
  private final DatabaseAddress database;
  private final URI redis;
  private final String prefix;

  Fixture(TestDatabase database, URI redis, String prefix) {
    this(
        new DatabaseAddress(database.jdbcUrl(), database.user(), database.password()),
        redis,
        prefix);
  }

  Fixture(DatabaseAddress database, URI redis, String prefix) {
    this.database = database;
    this.redis = redis;
    this.prefix = prefix;
    try (HikariDataSource connections = database.open()) {
      Schema.create(connections, SIZE);
    }
  }

  HostServer host(Variant variant) {
    return closer.add(settings(variant).start());
  }

  HostSettings settings(Variant variant) {
    Duration budget = Duration.ofSeconds(5); // so that Redis decides on a busy machine too
    return new HostSettings(variant, database, redis, prefix, budget, "a secret of all the nodes");
  }

  HttpTarget target(HostServer host) {
    return closer.add(new HttpTarget(host.uri()));
  }

  static String get(HttpTarget target, String path) throws Exception {
    return target.exchange(Call.get(path)).body();
  }

  static HttpResponse<String> bet(HttpTarget target, long user, long market, long cents)
      throws Exception {
    String body = ComparedCalls.bet(user, market, "YES", Long.toString(cents));
    return target.exchange(Call.post("/bets", body));
  }

  @Override
  public void close() {
    closer.close();
  }
}
