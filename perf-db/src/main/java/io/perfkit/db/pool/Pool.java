package io.perfkit.db.pool;

import static java.lang.Math.max;
import static java.lang.Math.min;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import io.perfkit.db.pool.ConnectionSource.Outage;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongSupplier;

/**
 * One HikariCP pool with its source of connections and its checkouts. Fails fast in an outage.
 * Thread safe.
 */
final class Pool {
  private static final long NO_CONNECTION_NEEDED_NOW = -1;

  private final PoolSizing sizing;
  private final LongSupplier nanos;
  private final ConnectionSource database;
  private final HikariDataSource hikari;
  private final HikariPoolMXBean counts;
  private final CheckedOutConnections checkouts;
  private final Resizer resizer;
  private final long outageAfterNanos;
  private volatile int wanted;

  Pool(PoolConfig config, PoolSizing sizing, ConnectionSource database, LongSupplier nanos) {
    this.sizing = sizing;
    this.nanos = nanos;
    this.database = database;
    this.outageAfterNanos = config.outageAfter().toNanos();
    HikariConfig settings = new HikariConfig();
    settings.setPoolName(config.name());
    settings.setDataSource(database);
    settings.setMaximumPoolSize(sizing.maxSize() + 1); // is never reached: see Resizer
    settings.setMinimumIdle(0);
    settings.setMaxLifetime(config.maxLifetime().toMillis());
    // HikariCP drops an idle time-out or keepalive that is not shorter than the lifetime.
    long half = config.maxLifetime().toMillis() / 2;
    settings.setIdleTimeout(min(config.idleTimeout().toMillis(), half));
    settings.setKeepaliveTime(
        config.keepalive().toMillis() > half ? 0 : config.keepalive().toMillis());
    settings.setExceptionOverride(database.formerPrimary());
    set(settings, config.connection());
    settings.setConnectionTimeout(config.acquireTimeout().toMillis());
    settings.setInitializationFailTimeout(NO_CONNECTION_NEEDED_NOW);
    this.hikari = new HikariDataSource(settings);
    this.counts = hikari.getHikariPoolMXBean();
    this.checkouts =
        new CheckedOutConnections(
            sizing.maxSize(),
            database.limit(),
            config.connection(),
            hikari::evictConnection,
            nanos);
    database.formerPrimary().retireWritersBy(checkouts::retireWritersOfThisThread);
    this.resizer = new Resizer(hikari, database, checkouts, nanos);
    resize(sizing.size());
    database.addWhen(resizer::isShort);
  }

  private static void set(HikariConfig settings, ConnectionDefaults defaults) {
    settings.setAutoCommit(defaults.autoCommit());
    settings.setIsolateInternalQueries(true); // or the first rollback would undo the initSql
    settings.setReadOnly(defaults.readOnly());
    if (defaults.isolation() != ConnectionDefaults.Isolation.OF_THE_DATABASE) {
      settings.setTransactionIsolation("TRANSACTION_" + defaults.isolation());
    }
    if (!defaults.schema().isEmpty()) {
      settings.setSchema(defaults.schema());
    }
    if (!defaults.initSql().isEmpty()) {
      settings.setConnectionInitSql(defaults.initSql());
    }
  }

  /** Sets the size to {@code size} connections; {@link Resizer#settle} opens or closes them. */
  void resize(int size) {
    wanted = size;
    resizer.resize(size, sizing.minIdle());
  }

  /** The size that was set last, whatever {@link #keepAtLeast} made of it. */
  int wanted() {
    return wanted;
  }

  /** Applies the size that was set, or {@code floor} if that is more. */
  void keepAtLeast(int floor) {
    int size = max(wanted, floor);
    if (size != size()) {
      resizer.resize(size, sizing.minIdle());
    }
  }

  /**
   * Takes a connection from HikariCP. In a known outage it fails at once, except for one caller at
   * a time: as long as one waits, HikariCP goes on trying to connect.
   */
  Connection take() throws SQLException {
    Optional<Outage> outage = database.outage();
    if (outage.isPresent()
        && now() - outage.get().since() >= outageAfterNanos
        && total() == 0
        && waiting() > 0) {
      throw new SQLTransientConnectionException(
          String.format(
              Locale.ROOT,
              "pool '%s' has no connection, and nobody could connect to the database for %d ms",
              name(),
              NANOSECONDS.toMillis(now() - outage.get().since())),
          "08001",
          outage.get().last());
    }
    return hikari.getConnection();
  }

  String name() {
    return hikari.getPoolName();
  }

  PoolSizing sizing() {
    return sizing;
  }

  ConnectionSource source() {
    return database;
  }

  HikariDataSource hikari() {
    return hikari;
  }

  CheckedOutConnections checkouts() {
    return checkouts;
  }

  Resizer resizer() {
    return resizer;
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
