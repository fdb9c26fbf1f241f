package io.perfkit.examples.marketplace;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.perfkit.cache.Caches;
import io.perfkit.ratelimit.RateLimiter;
import io.perfkit.redis.GuardConfig;
import io.perfkit.redis.RedisGuard;
import io.perfkit.session.Peppers;
import io.perfkit.session.SessionManager;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.URI;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.function.UnaryOperator;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;
import redis.clients.jedis.ConnectionPoolConfig;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.RedisClient;
import redis.clients.jedis.util.JedisURIHelper;

/**
 * One variant of the market on a free port of the loopback address, with the defaults of Jetty and
 * of its pool. Thread safe.
 */
public final class HostServer implements AutoCloseable {
  private final Server server;
  private final ServerConnector connector;
  private final HostDatabase database;
  private final Parts parts;
  private final Traffic traffic;

  /** A service, what stands before its API, and how to close what it stands on, in this order. */
  private record Parts(
      MarketService service,
      Logins logins,
      UnaryOperator<Handler> before,
      List<Runnable> closings) {}

  private HostServer(HostDatabase database, Parts parts) {
    this.database = database;
    this.parts = parts;
    this.traffic = new Traffic(database.counter());
    this.server = new Server();
    this.connector = new ServerConnector(server);
    connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
    server.addConnector(connector);
    server.setHandler(
        parts
            .before()
            .apply(new HttpApi(parts.service(), parts.logins(), database::request, traffic)));
    server.setErrorHandler(new ProblemPages());
  }

  /** Starts a variant over a database that {@link Schema} has filled. */
  static HostServer start(HostSettings settings) {
    HostServer host =
        switch (settings.variant()) {
          case PLAIN -> plain(HostDatabase.plain(settings.database()));
          case PERFKIT -> perfkit(HostDatabase.tuned(settings.database()), settings);
        };
    LifeCycle.start(host.server);
    return host;
  }

  private static HostServer plain(HostDatabase database) {
    MarketService service = new PlainMarketService(database.dataSource());
    return new HostServer(
        database, new Parts(service, new PlainLogins(), UnaryOperator.identity(), List.of()));
  }

  private static HostServer perfkit(HostDatabase database, HostSettings settings) {
    GuardConfig config = GuardConfig.defaults().withBudget(settings.redisBudget());
    RedisClient redis = redis(settings, config);
    RedisGuard guard = RedisGuard.builder(redis).config(config).build(); // of all three, too
    Caches caches = Caches.create(redis, settings.redisPrefix());
    RateLimiter limiter = RateLimiter.create(redis, settings.redisPrefix());
    byte[] secret = settings.secret().getBytes(UTF_8);
    SessionManager sessions =
        SessionManager.builder(redis, settings.redisPrefix(), Peppers.of(1, digest(secret)))
            .config(SharedLogins.CONFIG)
            .build();
    BetWriter bets = new BetWriter(database.dataSource());
    return new HostServer(
        database,
        new Parts(
            new PerfkitMarketService(database.dataSource(), bets, secret, caches, limiter),
            new SharedLogins(sessions),
            api -> new LimitedApi(limiter, api),
            List.of(
                bets::close,
                caches::close,
                limiter::close,
                sessions::close,
                guard::close,
                redis::close)));
  }

  /** As long as a secret of sessions has to be, and another one than that of the pages. */
  private static byte[] digest(byte[] secret) {
    try {
      MessageDigest sha256 = MessageDigest.getInstance("SHA-256");
      sha256.update("sessions".getBytes(UTF_8));
      return sha256.digest(secret);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  /* One connection for each thread and lane of the guard that caches, limiter and sessions share,
   * one for the caches' subscription, and one for the host. */
  private static RedisClient redis(HostSettings settings, GuardConfig guard) {
    ConnectionPoolConfig connections = new ConnectionPoolConfig();
    connections.setMaxTotal(guard.maxThreads() + guard.lanes() + 2);
    connections.setMaxIdle(connections.getMaxTotal());
    return RedisClient.builder()
        .hostAndPort(JedisURIHelper.getHostAndPort(settings.redis()))
        .clientConfig(DefaultJedisClientConfig.builder(settings.redis()).build())
        .poolConfig(connections)
        .build();
  }

  /** Such as {@code http://127.0.0.1:41231}. */
  public URI uri() {
    return URI.create("http://" + connector.getHost() + ":" + connector.getLocalPort());
  }

  /** What this host has done since it started. */
  public Figures figures() {
    CacheUse cache = parts.service().cacheUse();
    return new Figures(
        traffic.requests(),
        database.counter().total(),
        traffic.reads(),
        traffic.readStatements(),
        traffic.readsWithoutSql(),
        cache.gets(),
        cache.hits(),
        database.counter().inUseNanos(),
        database.size(),
        ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos(),
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
  }

  /** What this host has asked of its database since it started. */
  public DatabaseReport databaseReport() {
    return database.report();
  }

  @Override
  public void close() {
    LifeCycle.stop(server);
    parts.closings().forEach(Runnable::run);
    database.close();
  }
}
