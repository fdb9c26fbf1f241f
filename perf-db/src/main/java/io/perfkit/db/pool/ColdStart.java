package io.perfkit.db.pool;

import static java.lang.Math.max;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiFunction;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts a pool: finds its size, opens its first connections and hands it out. Used once. */
final class ColdStart {
  private static final Logger LOG = LoggerFactory.getLogger(ColdStart.class);
  private static final long PAUSE_NANOS = Duration.ofMillis(100).toNanos();

  private final PoolConfig config;
  private final ConnectionSource database;
  private final LongSupplier nanos;
  private final long start;
  private int failures;
  private @Nullable SQLException lastFailure;

  ColdStart(PoolConfig config, ConnectionSource database, LongSupplier nanos) {
    this.config = config;
    this.database = database;
    this.nanos = nanos;
    this.start = nanos.getAsLong();
  }

  /**
   * @param made makes the result from the pool and its warm-up
   */
  <T> T run(BiFunction<Pool, WarmUp, T> made) {
    database.warmingBegins();
    boolean done = false;
    try {
      Optional<ServerLimits> limits = askServer();
      PoolSizing sizing =
          limits.isPresent() ? PoolSizing.of(config, limits.get()) : PoolSizing.of(config);
      Pool pool = new Pool(config, sizing, database, nanos);
      try {
        T result = made.apply(pool, warmUp(pool));
        done = true;
        return result;
      } finally {
        if (!done) {
          database.close(); // HikariCP waits for its adding thread, which is there
          pool.hikari().close();
        }
      }
    } finally {
      if (done) {
        database.warmingEnds();
      } else {
        database.close();
      }
    }
  }

  private Optional<ServerLimits> askServer() {
    try {
      Connection first = openFirst();
      try {
        return ServerLimits.read(first);
      } finally {
        database.offer(first);
      }
    } catch (SQLException e) {
      LOG.warn(
          "pool '{}': its ceiling is the one that was set, since the server did not tell: {}",
          config.name(),
          ConnectFailure.text(e));
      return Optional.empty();
    }
  }

  private Connection openFirst() throws SQLException {
    while (true) {
      try {
        return database.open();
      } catch (SQLException e) {
        failures++;
        lastFailure = e;
        if (ConnectFailure.of(e) != ConnectFailure.TEMPORARY || leftNanos() <= PAUSE_NANOS) {
          throw e;
        }
        LockSupport.parkNanos(PAUSE_NANOS);
        if (Thread.currentThread().isInterrupted()) {
          throw e;
        }
      }
    }
  }

  private WarmUp warmUp(Pool pool) {
    if (config.warmUp().isZero()) {
      return new WarmUp(0, 0, failures, elapsed(), failureText());
    }
    WarmUp warmUp;
    if (lastFailure != null && database.outage().isPresent()) {
      warmUp = new WarmUp(pool.sizing().minIdle(), 0, failures, elapsed(), failureText());
    } else {
      WarmUpRun warming =
          new WarmUpRun(pool, pool.sizing().minIdle(), Duration.ofNanos(max(1, leftNanos())));
      WarmUp rest = warming.run();
      lastFailure = warming.lastFailure() == null ? lastFailure : warming.lastFailure();
      warmUp =
          new WarmUp(
              rest.wanted(), rest.ready(), failures + rest.failures(), elapsed(), failureText());
    }
    if (!config.warmUpPolicy().accepts(warmUp)) {
      throw new WarmUpFailed(config.name(), config.warmUpPolicy(), warmUp, lastFailure);
    }
    LOG.info("pool '{}': {}", config.name(), warmUp);
    return warmUp;
  }

  private String failureText() {
    return lastFailure == null ? "" : ConnectFailure.text(lastFailure);
  }

  private Duration elapsed() {
    return Duration.ofNanos(nanos.getAsLong() - start);
  }

  private long leftNanos() {
    return config.warmUp().toNanos() - (nanos.getAsLong() - start);
  }
}
