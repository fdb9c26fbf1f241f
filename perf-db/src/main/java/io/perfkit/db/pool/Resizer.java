package io.perfkit.db.pool;

import static java.lang.Math.max;
import static java.lang.Math.min;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.HikariPoolMXBean;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Changes the size of a HikariCP pool under load. HikariCP itself applies a new size only at its
 * housekeeper's next round, or never:
 *
 * <ul>
 *   <li>A higher maximum wakes no waiting caller: a connection is added when a caller arrives, if
 *       the maximum allows it then. So HikariCP's maximum is one that it never reaches, and its
 *       adding thread waits in {@link ConnectionSource} until the size allows it.
 *   <li>A lower maximum closes nothing. So surplus idle connections are taken and evicted, and
 *       those in use when they come back, since under load none of them is ever idle.
 *   <li>The adding thread rests for 30 ms after each connection. So it is woken.
 * </ul>
 *
 * <p>{@link #resize} and {@link #settle} on one thread at a time.
 */
final class Resizer {
  private static final long KICK_NANOS = Duration.ofMillis(2).toNanos();
  private static final long TURN_NANOS = Duration.ofMillis(250).toNanos();

  /* Invariants
   * R1  no connection in use is closed: only what tryTake() took itself, or its holder closes, is evicted.
   * R2  no caller waits for a connection that this object holds: it gives it back if callers wait.
   * R3  while callers wait, HikariCP has an addition under way; it goes on when fewer connections
   *     than the size are there.
   */
  private final HikariDataSource pool;
  private final HikariPoolMXBean counts;
  private final ConnectionSource database;
  private final CheckedOutConnections checkouts;
  private final LongSupplier nanos;
  private volatile int size;

  Resizer(
      HikariDataSource pool,
      ConnectionSource database,
      CheckedOutConnections checkouts,
      LongSupplier nanos) {
    this.pool = pool;
    this.counts = pool.getHikariPoolMXBean();
    this.database = database;
    this.checkouts = checkouts;
    this.nanos = nanos;
  }

  void resize(int connections, int idle) {
    size = connections;
    pool.setMinimumIdle(min(idle, connections));
  }

  int size() {
    return size;
  }

  /** Whether one more connection is needed and the size allows it. */
  boolean isShort() {
    int idle = counts.getIdleConnections();
    return counts.getTotalConnections() < size
        && (counts.getThreadsAwaitingConnection() > idle || idle < pool.getMinimumIdle());
  }

  /**
   * Opens or evicts connections to match the size; returns after a quarter of a second, done or
   * not.
   */
  void settle() {
    long start = nanos.getAsLong();
    checkouts.surplus(max(0, counts.getTotalConnections() - size()));
    while (!pool.isClosed() && nanos.getAsLong() - start < TURN_NANOS) {
      if (counts.getTotalConnections() > size() && counts.getIdleConnections() > 0) {
        if (!closeOne()) {
          return;
        }
      } else if (counts.getThreadsAwaitingConnection() > 0
          && counts.getIdleConnections() == 0
          && counts.getTotalConnections() < size()
          && database.outage().isEmpty()) {
        addOne();
      } else {
        return;
      }
    }
  }

  private boolean closeOne() {
    if (counts.getThreadsAwaitingConnection() > 0) {
      return false; // R2: a waiting caller gets it
    }
    Connection surplus = tryTake();
    if (surplus == null) {
      return false;
    }
    if (counts.getThreadsAwaitingConnection() > 0) {
      giveBack(surplus);
      return false;
    }
    pool.evictConnection(surplus);
    return true;
  }

  private void addOne() {
    long before = database.delivered();
    int total = counts.getTotalConnections();
    database.wake(); // R3
    long start = nanos.getAsLong();
    while (nanos.getAsLong() - start < KICK_NANOS) {
      LockSupport.parkNanos(KICK_NANOS / 8);
      if (counts.getTotalConnections() - total >= database.delivered() - before) {
        database.hurry();
      }
    }
  }

  /**
   * Takes an idle connection if there is one. Otherwise HikariCP learns that a caller waits, and
   * adds one. Never waits: an interrupted thread gives up the moment it would have to wait.
   * Platform threads only: an interrupted virtual thread closes the socket on which HikariCP asks
   * whether an idle connection is alive.
   *
   * <p>Must not be called repeatedly while callers wait: in JDK 17 to 20 two callers that give up
   * behind a waiting one can leave HikariCP's queue so that a later one spins until yet another
   * comes.
   */
  @Nullable Connection tryTake() {
    Thread.currentThread().interrupt();
    try {
      return pool.getConnection();
    } catch (SQLException noneAtOnce) {
      return null;
    } finally {
      boolean unused = Thread.interrupted();
    }
  }

  /** Returns what {@link #tryTake} took. */
  void giveBack(Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      // The pool has dropped it.
    }
  }
}
