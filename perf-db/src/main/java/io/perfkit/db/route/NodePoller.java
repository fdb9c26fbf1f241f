package io.perfkit.db.route;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Polls one node for its role and WAL position, on its own thread and connection. A node that does
 * not answer is gone until it does. Thread safe.
 */
final class NodePoller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodePoller.class);

  /**
   * The poller returns its connection after that time; the pool would otherwise report it as leaked
   * and never renew it.
   */
  private static final long KEPT_NANOS = Duration.ofSeconds(20).toNanos();

  private final Node node;
  private final RouterConfig config;
  private final LongSupplier nanos;
  private final Connected connected;
  private final BiConsumer<Node, NodeState> found;
  private final Thread thread;
  private volatile boolean closed;
  private boolean reported;

  NodePoller(
      String router,
      Node node,
      RouterConfig config,
      LongSupplier nanos,
      Connected connected,
      BiConsumer<Node, NodeState> found) {
    this.node = node;
    this.config = config;
    this.nanos = nanos;
    this.connected = connected;
    this.found = found;
    this.thread = new Thread(this::run, "perf-db-route-" + router + "-" + node.name);
    thread.setDaemon(true);
    thread.start();
  }

  /** Called once with each connection of the poller. */
  @FunctionalInterface
  interface Connected {
    void ask(Connection connection) throws SQLException;
  }

  private void run() {
    while (!closed) {
      try (Connection connection = node.pool.getConnection()) {
        int before = connection.getNetworkTimeout();
        try {
          poll(connection);
        } finally {
          connection.setNetworkTimeout(Runnable::run, before); // it goes back as it was borrowed
        }
      } catch (SQLException | RuntimeException failure) {
        node.lost(nanos.getAsLong());
        if (!reported && !closed) {
          LOG.warn("Node {} can't be asked where it stands, and is not used", node, failure);
          reported = true;
        }
        pause(config.pollEvery());
      }
    }
  }

  private void poll(Connection connection) throws SQLException {
    long since = nanos.getAsLong();
    connection.setNetworkTimeout(Runnable::run, (int) config.maxSilence().toMillis());
    connected.ask(connection);
    while (!closed && nanos.getAsLong() - since < KEPT_NANOS) {
      found.accept(node, Node.ask(connection, nanos.getAsLong()));
      reported = false;
      pause(config.pollEvery());
    }
  }

  private void pause(Duration duration) {
    if (!closed) {
      LockSupport.parkNanos(this, NANOSECONDS.convert(duration));
    }
  }

  /** Blocks until the thread has ended, at most as long as a node may be silent. */
  @Override
  public void close() {
    closed = true;
    thread.interrupt();
    try {
      thread.join(config.maxSilence().toMillis() + 1_000);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
