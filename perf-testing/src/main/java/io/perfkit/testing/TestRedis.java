package io.perfkit.testing;

import java.net.URI;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.params.ScanParams;
import redis.clients.jedis.resps.ScanResult;
import redis.clients.jedis.util.JedisURIHelper;

/**
 * One test class's share of the JVM's shared Redis: its own key prefix, and clients that are closed
 * after the class. Injected by {@link RealRedis}. Thread safe.
 *
 * <p>After the class every key that contains the prefix anywhere is deleted, so that keys such as
 * <code>perf:{prefix...}:entry:1</code> go too. Nothing else on the server is touched.
 */
public final class TestRedis implements AutoCloseable {
  private static final int SCAN_COUNT = 1_000;

  private final URI uri;
  private final String prefix;
  private final List<RedisClient> clients = new CopyOnWriteArrayList<>();
  private final RedisClient client;

  TestRedis(URI uri, Class<?> testClass) {
    this.uri = uri;
    this.prefix = "test:" + FreshName.of(testClass) + ":";
    this.client = newClient();
  }

  /** The server, with user and password if it has them. */
  public URI uri() {
    return uri;
  }

  /** The server's address, for clients that connect by host and port. */
  public HostAndPort address() {
    return JedisURIHelper.getHostAndPort(uri);
  }

  /**
   * The prefix that each key of this test class must contain: {@code [A-Za-z0-9._:-]} only, unique.
   */
  public String prefix() {
    return prefix;
  }

  /** The client that this test class shares; closed after the class. */
  public RedisClient client() {
    return client;
  }

  /**
   * Another client with its own connections, like that of a second node; closed after the class.
   */
  public RedisClient newClient() {
    RedisClient added = RedisClient.create(uri);
    clients.add(added);
    return added;
  }

  /** Closes the clients and deletes the keys under the prefix. Called after the test class. */
  @Override
  public void close() {
    clients.forEach(RedisClient::close);
    try (RedisClient cleaner = RedisClient.create(uri)) {
      deleteKeys(cleaner);
    }
  }

  private void deleteKeys(RedisClient cleaner) {
    ScanParams containsPrefix = new ScanParams().match("*" + prefix + "*").count(SCAN_COUNT);
    String cursor = ScanParams.SCAN_POINTER_START;
    do {
      ScanResult<String> page = cleaner.scan(cursor, containsPrefix);
      if (!page.getResult().isEmpty()) {
        cleaner.unlink(page.getResult().toArray(String[]::new));
      }
      cursor = page.getCursor();
    } while (!cursor.equals(ScanParams.SCAN_POINTER_START));
  }
}
