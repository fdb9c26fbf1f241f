package io.perfkit.jobs;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.PGNotification;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection that is kept for the heartbeats of a node, so that handlers which hold every other
 * one of the pool cost it no lease; it also hears the wake-ups of other nodes. One thread. When the
 * connection fails, another one is borrowed; until then polling covers the wake-ups. Thread safe.
 */
final class PostgresListener implements AutoCloseable {
  static final String CHANNEL = "perf_jobs";

  private static final Logger LOG = LoggerFactory.getLogger(PostgresListener.class);
  private static final int LISTEN_MILLIS = 20;
  private static final int NETWORK_MILLIS = 5_000;
  private static final long RETRY_NANOS = 500_000_000;

  private final DataSource dataSource;
  private final Consumer<String> heard;
  private final ReentrantLock lock = new ReentrantLock(true);
  private final WorkSignal pause = new WorkSignal(1);
  private final Thread thread;
  private @Nullable Connection connection;
  private boolean autoCommit;
  private int networkMillis;
  private volatile boolean closed;

  /**
   * @param heard gets the text of each wake-up
   */
  PostgresListener(DataSource dataSource, String application, Consumer<String> heard) {
    this.dataSource = dataSource;
    this.heard = heard;
    this.thread = new Thread(this::listen, "perf-jobs-" + application + "-listener");
    thread.setDaemon(true);
  }

  /** Borrows the connection and starts to listen. */
  void start() throws SQLException {
    lock.lock();
    try {
      Connection unused = open();
    } finally {
      lock.unlock();
    }
    thread.start();
  }

  /** Runs a statement on the reserved connection. */
  <T> T run(String what, PostgresTransactions.Work<T> work) {
    lock.lock();
    try {
      return work.on(open());
    } catch (SQLException failed) {
      drop();
      throw new StoreFailed("PostgreSQL failed to " + what, failed);
    } finally {
      lock.unlock();
    }
  }

  private Connection open() throws SQLException {
    Connection open = connection;
    if (open != null) {
      return open;
    }
    Connection fresh = dataSource.getConnection();
    try {
      autoCommit = fresh.getAutoCommit();
      networkMillis = fresh.getNetworkTimeout();
      fresh.setAutoCommit(true);
      fresh.setNetworkTimeout(Runnable::run, NETWORK_MILLIS);
      try (Statement listen = fresh.createStatement()) {
        listen.execute("listen " + CHANNEL);
      }
    } catch (SQLException | RuntimeException failed) {
      fresh.close();
      throw failed;
    }
    connection = fresh;
    return fresh;
  }

  private void listen() {
    boolean failing = false;
    while (!closed) {
      try {
        hear();
        failing = false;
      } catch (SQLException failed) {
        if (!failing && !closed) {
          LOG.warn("the connection for heartbeats and wake-ups failed, and is replaced", failed);
          failing = true;
        }
        pause.await(RETRY_NANOS);
      }
    }
  }

  private void hear() throws SQLException {
    PGNotification[] notifications;
    lock.lock();
    try {
      Connection open = open();
      notifications = open.unwrap(PGConnection.class).getNotifications(LISTEN_MILLIS);
    } catch (SQLException failed) {
      drop();
      throw failed;
    } finally {
      lock.unlock();
    }
    if (notifications != null) {
      for (PGNotification notification : notifications) {
        heard.accept(notification.getParameter());
      }
    }
  }

  /** Called under the lock. The pool finds out by itself that it is broken. */
  private void drop() {
    Connection broken = connection;
    connection = null;
    if (broken != null) {
      try {
        broken.close();
      } catch (SQLException gone) {
        LOG.debug("a broken connection could not be closed", gone);
      }
    }
  }

  @Override
  public void close() {
    closed = true;
    pause.close();
    try {
      thread.join(NETWORK_MILLIS);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    lock.lock();
    try {
      if (connection != null) {
        try (Statement unlisten = connection.createStatement()) {
          unlisten.execute("unlisten " + CHANNEL);
          connection.setNetworkTimeout(Runnable::run, networkMillis);
          connection.setAutoCommit(autoCommit);
        } catch (SQLException gone) {
          LOG.debug("a connection could not be given back as it was", gone);
        }
      }
      drop();
    } finally {
      lock.unlock();
    }
  }
}
