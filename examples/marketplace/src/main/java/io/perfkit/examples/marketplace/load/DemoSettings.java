package io.perfkit.examples.marketplace.load;

import io.perfkit.examples.marketplace.DatabaseAddress;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * What the user asked for. Immutable; {@code toString} holds no secret.
 *
 * @param database empty: a server of our own
 * @param redis empty: a server of our own
 * @param serve keep the perfkit side running instead of measuring
 */
record DemoSettings(
    Optional<DatabaseAddress> database,
    Optional<URI> redis,
    boolean serve,
    int requestsPerSecond,
    Duration warmUp,
    Duration measured) {
  private static final String EMBEDDED = "embedded";

  DemoSettings {
    if (requestsPerSecond < 1) {
      throw new IllegalArgumentException(
          "marketplace.rate: " + requestsPerSecond + " (expected: >= 1)");
    }
    requireSeconds("marketplace.warmup", warmUp);
    requireSeconds("marketplace.seconds", measured);
  }

  /** Reads what {@code -Dmarketplace.*} became on its way through Maven. */
  static DemoSettings fromEnvironment(Map<String, String> environment) {
    return new DemoSettings(
        given(environment, "MARKETPLACE_PG").map(DatabaseAddress::parse),
        given(environment, "MARKETPLACE_REDIS").map(DemoSettings::redisAddress),
        environment.getOrDefault("MARKETPLACE_SERVE", "false").equals("true"),
        number(environment, "MARKETPLACE_RATE", 1_000),
        Duration.ofSeconds(number(environment, "MARKETPLACE_WARMUP", 10)),
        Duration.ofSeconds(number(environment, "MARKETPLACE_SECONDS", 20)));
  }

  private static void requireSeconds(String name, Duration value) {
    if (value.toSeconds() < 1) {
      throw new IllegalArgumentException(
          name + ": " + value.toSeconds() + " (expected: at least 1 second)");
    }
  }

  private static Optional<String> given(Map<String, String> environment, String name) {
    return Optional.ofNullable(environment.get(name))
        .filter(value -> !value.isEmpty() && !value.equals(EMBEDDED));
  }

  /* Without the cause and without the text: both may hold a password. */
  private static URI redisAddress(String url) {
    if (url.startsWith("redis://") || url.startsWith("rediss://")) {
      try {
        return URI.create(url);
      } catch (IllegalArgumentException ignored) {
        throw notRedis();
      }
    }
    throw notRedis();
  }

  private static IllegalArgumentException notRedis() {
    return new IllegalArgumentException("Redis URL (expected: redis://[user:password@]host:port)");
  }

  private static int number(Map<String, String> environment, String name, int absent) {
    String text = environment.getOrDefault(name, Integer.toString(absent));
    try {
      return Integer.parseInt(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + ": '" + text + "' (expected: a number)", e);
    }
  }

  @Override
  public String toString() {
    return "PostgreSQL "
        + (database.isPresent() ? "of the user" : EMBEDDED)
        + ", Redis "
        + (redis.isPresent() ? "of the user" : EMBEDDED);
  }
}
