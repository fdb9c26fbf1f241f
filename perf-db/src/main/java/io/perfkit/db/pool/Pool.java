package io.perfkit.db.pool;

import static java.lang.Math.min;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import java.time.Duration;
import java.util.function.LongSupplier;

/** HikariCP with what this package puts before and behind it. Thread safe. */
final class Pool {
  private static final Duration IDLE_TIMEOUT = Duration.ofMinutes(10);
  private static final long NO_CONNECTION_NEEDED_NOW = -1;

  private final PoolSizing sizing;
  private final LongSupplier nanos;
  private final Database database;
  private final HikariDataSource hikari;
  private final HikariPoolMXBean counts;
  private final Holdings holdings;
  private final Resizer resizer;

  Pool(PoolConfig config, PoolSizing sizing, Database database, LongSupplier nanos) {
    this.sizing = sizing;
    this.nanos = nanos;
    this.database = database;
    HikariConfig settings = new HikariConfig();
    settings.setPoolName(config.name());
    settings.setDataSource(database);
    settings.setMaximumPoolSize(sizing.ceiling()); // bounds HikariCP's queues for good
    settings.setMinimumIdle(0);
    settings.setMaxLifetime(config.maxLifetime().toMillis());
    settings.setIdleTimeout(min(IDLE_TIMEOUT.toMillis(), config.maxLifetime().toMillis() / 2));
    settings.setConnectionTimeout(config.acquireTimeout().toMillis());
    settings.setInitializationFailTimeout(NO_CONNECTION_NEEDED_NOW);
    this.hikari = new HikariDataSource(settings);
    this.counts = hikari.getHikariPoolMXBean();
    this.holdings = new Holdings(sizing.ceiling(), hikari::evictConnection, nanos);
    this.resizer = new Resizer(hikari, database, holdings, nanos);
    resizer.resize(sizing.size(), sizing.idle());
  }

  /** Lets the pool have {@code size} connections; {@link Resizer#settle} does the rest. */
  void resize(int size) {
    resizer.resize(size, sizing.idle());
  }

  PoolSizing sizing() {
    return sizing;
  }

  Database database() {
    return database;
  }

  HikariDataSource hikari() {
    return hikari;
  }

  Holdings holdings() {
    return holdings;
  }

  Resizer resizer() {
    return resizer;
  }

  LongSupplier nanos() {
    return nanos;
  }

  long now() {
    return nanos.getAsLong();
  }

  int active() {
    return counts.getActiveConnections();
  }

  int idle() {
    return counts.getIdleConnections();
  }

  int total() {
    return counts.getTotalConnections();
  }

  int waiting() {
    return counts.getThreadsAwaitingConnection();
  }

  int size() {
    return resizer.size();
  }
}
