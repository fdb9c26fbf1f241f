package io.perfkit.testing;

import java.net.URI;
import java.util.Map;
import java.util.Optional;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.exceptions.JedisException;

/**
 * The one Redis that all test classes of a JVM share: the one at {@code PERF_TEST_REDIS_URL}, which
 * is never flushed since it may hold other data, or else an embedded one. Immutable.
 */
final class SharedRedis implements AutoCloseable {
  static final String URL = "PERF_TEST_REDIS_URL";

  private final URI uri;
  private final Optional<RedisProcess> own;

  private SharedRedis(URI uri, Optional<RedisProcess> own) {
    this.uri = uri;
    this.own = own;
  }

  /**
   * Starts or finds the server.
   *
   * @throws IllegalStateException if there is none; the message says how to give one
   */
  static SharedRedis open(Map<String, String> environment) {
    String url = environment.get(URL);
    return url == null ? embedded() : at(url);
  }

  private static SharedRedis embedded() {
    try {
      RedisProcess redis = RedisProcess.start();
      return new SharedRedis(URI.create("redis://" + redis.address()), Optional.of(redis));
    } catch (RuntimeException failed) {
      throw new IllegalStateException(
          "no Redis for tests: the embedded one did not start; give one with " + URL, failed);
    }
  }

  private static SharedRedis at(String url) {
    // The URL may hold a password: no message, and no cause that quotes it, leaves this method.
    URI uri;
    try {
      uri = URI.create(url);
    } catch (IllegalArgumentException malformed) {
      throw new IllegalStateException(URL + " is no URI (expected: redis://host:port)");
    }
    try (RedisClient client = RedisClient.create(uri)) {
      client.ping();
      return new SharedRedis(uri, Optional.empty());
    } catch (JedisException | IllegalArgumentException failed) {
      throw new IllegalStateException(
          "no Redis for tests: the one at "
              + URL
              + " ("
              + uri.getHost()
              + ":"
              + uri.getPort()
              + ") does not answer",
          failed);
    }
  }

  URI uri() {
    return uri;
  }

  @Override
  public void close() {
    own.ifPresent(RedisProcess::close);
  }
}
