package io.perfkit.db.route;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Asks one node again and again where it stands, on a thread and a connection of its own. A node
 * that can't be asked is lost until it can. Thread safe.
 */
final class NodePoller implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodePoller.class);

  /** Then the pool gets its connection back, or it would take it for leaked, and never renew it. */
  private static final long LEASE_NANOS = Duration.ofSeconds(20).toNanos();

  private final Node node;
  private final RouterConfig config;
  private final LongSupplier nanos;
  private final BiConsumer<Node, NodeState> found;
  private final Thread thread;
  private volatile boolean closed;

  NodePoller(
      String router,
      Node node,
      RouterConfig config,
      LongSupplier nanos,
      BiConsumer<Node, NodeState> found) {
    this.node = node;
    this.config = config;
    this.nanos = nanos;
    this.found = found;
    this.thread = new Thread(this::run, "perf-db-route-" + router + "-" + node.name);
    thread.setDaemon(true);
    thread.start();
  }

  private void run() {
    boolean reported = false;
    while (!closed) {
      try (Connection connection = node.pool.getConnection()) {
        connection.setNetworkTimeout(Runnable::run, (int) config.maxSilence().toMillis());
        long since = nanos.getAsLong();
        while (!closed && nanos.getAsLong() - since < LEASE_NANOS) {
          found.accept(node, Node.ask(connection, nanos.getAsLong()));
          reported = false;
          pause(config.pollEvery());
        }
      } catch (SQLException | RuntimeException failure) {
        node.lost();
        if (!reported && !closed) {
          LOG.warn("Node {} can't be asked where it stands, and is not used", node, failure);
          reported = true;
        }
        pause(config.pollEvery());
      }
    }
  }

  private void pause(Duration duration) {
    if (!closed) {
      LockSupport.parkNanos(this, duration.toNanos());
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
