package io.perfkit.db.pool;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * What HikariCP takes for the database: opens connections, hands out those that a warm-up has
 * opened already, and remembers failures. Thread safe.
 */
final class Database extends PoolSource {
  private static final long OFFER_WAIT_MILLIS = 5;

  /* Invariants
   * D1  a connection in `opened` goes to HikariCP or is closed: whoever offers looks at `warming` afterwards,
   *     and warmingEnds() discards after clearing it.
   * D2  the adder is never interrupted within getConnection(): `resting` is empty from its begin to its end,
   *     and an interrupt is sent and taken under `lock`.
   */
  private final DataSource database;
  private final BlockingQueue<Connection> opened = new LinkedBlockingQueue<>();
  private final AtomicLong delivered = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong refusals = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Thread resting;
  private volatile boolean warming;
  private volatile boolean lastFailed;
  private volatile boolean closed;

  Database(DataSource database) {
    super(database);
    this.database = database;
  }

  /** Called by HikariCP's only thread that adds connections. */
  @Override
  public Connection getConnection() throws SQLException {
    arrive();
    Connection connection = nextOpened();
    if (connection == null) {
      connection = open();
    }
    delivered.incrementAndGet();
    rest();
    return connection;
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException("the pool has one user");
  }

  /** A new connection, which the caller owns. */
  Connection open() throws SQLException {
    try {
      Connection connection = database.getConnection();
      lastFailed = false;
      return connection;
    } catch (SQLException e) {
      lastFailed = true;
      failures.incrementAndGet();
      if (Refusal.of(e) == Refusal.SERVER_FULL) {
        refusals.incrementAndGet();
      }
      throw e;
    }
  }

  /** From now on HikariCP waits for what is offered. */
  void warmingBegins() {
    warming = true;
  }

  /** HikariCP opens connections itself again; those it did not fetch are closed. */
  void warmingEnds() {
    warming = false;
    discardOpened();
  }

  /** Keeps a connection for HikariCP, or closes it if the warm-up is over. */
  void offer(Connection connection) {
    opened.add(connection);
    if (!warming) {
      discardOpened();
    }
  }

  int opened() {
    return opened.size();
  }

  private void discardOpened() {
    for (Connection next = opened.poll(); next != null; next = opened.poll()) {
      try {
        next.close();
      } catch (SQLException e) {
        // It was never used; the server finds out.
      }
    }
  }

  /** No connection is given from now on. */
  void close() {
    closed = true;
    warmingEnds();
  }

  /** Connections that HikariCP got. */
  long delivered() {
    return delivered.get();
  }

  /** Failed attempts to connect. */
  long failures() {
    return failures.get();
  }

  /** Of the failures, those because the server has no connection left. */
  long refusals() {
    return refusals.get();
  }

  /** Whether the last attempt to connect failed. */
  boolean lastFailed() {
    return lastFailed;
  }

  /**
   * Ends the pause of 30 ms that HikariCP's adder makes after each connection. To be called when
   * all that was {@link #delivered} is in the pool, so that the adder does nothing but rest.
   */
  void hurry() {
    lock.lock();
    try {
      if (resting != null) {
        resting.interrupt();
        resting = null;
      }
    } finally {
      lock.unlock();
    }
  }

  private @Nullable Connection nextOpened() {
    Connection connection = opened.poll();
    try {
      while (connection == null && warming) {
        connection = opened.poll(OFFER_WAIT_MILLIS, MILLISECONDS);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return connection;
  }

  private void arrive() throws SQLException {
    lock.lock();
    try {
      resting = null;
      boolean unused = Thread.interrupted(); // hurried while it rested
    } finally {
      lock.unlock();
    }
    if (closed) {
      throw new SQLNonTransientConnectionException("the pool is closed", "08003");
    }
  }

  private void rest() {
    lock.lock();
    try {
      resting = Thread.currentThread();
    } finally {
      lock.unlock();
    }
  }
}
