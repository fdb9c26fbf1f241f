package io.perfkit.examples.marketplace;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.time.Duration;
import java.util.Map;

/**
 * What a host needs to start. Travels in the environment of its JVM, because a command line can be
 * read by everybody on the machine. Immutable; {@code toString} holds no secret.
 *
 * @param redis used by {@link Variant#PERFKIT} only; may hold a password
 * @param redisPrefix begins all keys that the host writes
 * @param redisBudget longest time that a request waits for Redis before it goes on without
 * @param secret signs what clients carry from page to page, the same on all nodes
 */
public record HostSettings(
    Variant variant,
    DatabaseAddress database,
    URI redis,
    String redisPrefix,
    Duration redisBudget,
    String secret) {
  private static final String VARIANT = "MARKETPLACE_HOST_VARIANT";
  private static final String PG_URL = "MARKETPLACE_HOST_PG_URL";
  private static final String PG_USER = "MARKETPLACE_HOST_PG_USER";
  private static final String PG_PASSWORD = "MARKETPLACE_HOST_PG_PASSWORD";
  private static final String REDIS = "MARKETPLACE_HOST_REDIS";
  private static final String REDIS_PREFIX = "MARKETPLACE_HOST_REDIS_PREFIX";
  private static final String REDIS_BUDGET = "MARKETPLACE_HOST_REDIS_BUDGET";
  private static final String SECRET = "MARKETPLACE_HOST_SECRET";

  static HostSettings fromEnvironment(Map<String, String> environment) {
    return new HostSettings(
        Variant.valueOf(value(environment, VARIANT)),
        new DatabaseAddress(
            value(environment, PG_URL),
            value(environment, PG_USER),
            value(environment, PG_PASSWORD)),
        URI.create(value(environment, REDIS)),
        value(environment, REDIS_PREFIX),
        Duration.parse(value(environment, REDIS_BUDGET)),
        value(environment, SECRET));
  }

  /** What to add to the environment of the host's JVM. */
  public Map<String, String> environment() {
    return Map.of(
        VARIANT, variant.name(),
        PG_URL, database.jdbcUrl(),
        PG_USER, database.user(),
        PG_PASSWORD, database.password(),
        REDIS, redis.toString(),
        REDIS_PREFIX, redisPrefix,
        REDIS_BUDGET, redisBudget.toString(),
        SECRET, secret);
  }

  /** Starts the host in this JVM. */
  public HostServer start() {
    return HostServer.start(this);
  }

  @Override
  public String toString() {
    return variant.label() + " on " + database + ", keys " + redisPrefix;
  }

  private static String value(Map<String, String> environment, String name) {
    return requireNonNull(environment.get(name), name);
  }
}
