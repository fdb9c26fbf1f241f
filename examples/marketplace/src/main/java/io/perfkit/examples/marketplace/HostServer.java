package io.perfkit.examples.marketplace;

import com.zaxxer.hikari.HikariDataSource;
import java.lang.management.ManagementFactory;
import java.net.InetAddress;
import java.net.URI;
import javax.sql.DataSource;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.component.LifeCycle;

/**
 * One variant of the market on a free port of the loopback address, with the defaults of Jetty and
 * Hikari. Thread safe.
 */
public final class HostServer implements AutoCloseable {
  private final Server server;
  private final ServerConnector connector;
  private final HikariDataSource pool;
  private final MarketService service;
  private final Traffic traffic;

  private HostServer(HikariDataSource pool, MarketService service, SqlCounter sql) {
    this.pool = pool;
    this.service = service;
    this.traffic = new Traffic(sql);
    this.server = new Server();
    this.connector = new ServerConnector(server);
    connector.setHost(InetAddress.getLoopbackAddress().getHostAddress());
    server.addConnector(connector);
    server.setHandler(new HttpApi(service, traffic));
    server.setErrorHandler(new ProblemPages());
  }

  /** Starts a variant over a database that {@link Schema} has filled. */
  static HostServer start(HostSettings settings) {
    HikariDataSource pool = settings.database().open();
    SqlCounter sql = new SqlCounter();
    DataSource counted = sql.counting(pool);
    HostServer host = new HostServer(pool, new PlainMarketService(counted), sql);
    LifeCycle.start(host.server);
    return host;
  }

  /** Such as {@code http://127.0.0.1:41231}. */
  public URI uri() {
    return URI.create("http://" + connector.getHost() + ":" + connector.getLocalPort());
  }

  /** What this host has done since it started. */
  public Figures figures() {
    CacheUse cache = service.cacheUse();
    return new Figures(
        traffic.requests(),
        traffic.statements(),
        traffic.reads(),
        traffic.readsWithoutSql(),
        cache.gets(),
        cache.hits(),
        ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos(),
        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
  }

  @Override
  public void close() {
    LifeCycle.stop(server);
    pool.close();
  }
}
