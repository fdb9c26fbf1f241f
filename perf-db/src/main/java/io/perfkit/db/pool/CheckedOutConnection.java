package io.perfkit.db.pool;

import io.perfkit.db.internal.DelegatingConnection;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;

/**
 * A connection in the hands of a caller, and who that is. Thread safe as far as the driver's is.
 */
final class CheckedOutConnection extends DelegatingConnection {
  private static final AtomicIntegerFieldUpdater<CheckedOutConnection> ENDED =
      AtomicIntegerFieldUpdater.newUpdater(CheckedOutConnection.class, "ended");

  private final CheckedOutConnections checkouts;
  private final Thread holder;
  private final long since;

  /** How many checkouts the holder has; shared by them. */
  final AtomicInteger held;

  /**
   * Written before the checkout can be found in its slot, and read by {@link CheckedOutConnections}
   * alone.
   */
  int slot;

  /** Whether it was reported as a leak suspect; on the pool's thread. */
  boolean suspected;

  private volatile int ended;

  CheckedOutConnection(
      Connection delegate,
      CheckedOutConnections checkouts,
      AtomicInteger held,
      Thread holder,
      long since) {
    super(delegate);
    this.checkouts = checkouts;
    this.held = held;
    this.holder = holder;
    this.since = since;
  }

  /** Gives the connection back, or ends it if the pool has more than it may. */
  @Override
  public void close() throws SQLException {
    if (!ENDED.compareAndSet(this, 0, 1)) {
      return;
    }
    try {
      if (checkouts.claimSurplus()) {
        retire();
      } else {
        delegate.close();
      }
    } finally {
      checkouts.end(this);
    }
  }

  private void retire() throws SQLException {
    try {
      if (!delegate.isClosed() && !delegate.getAutoCommit()) {
        delegate.rollback(); // its locks are free when close() returns
      }
    } finally {
      checkouts.retire(delegate);
    }
  }

  @Override
  public void abort(Executor executor) throws SQLException {
    if (!ENDED.compareAndSet(this, 0, 1)) {
      return;
    }
    try {
      delegate.abort(executor);
    } finally {
      checkouts.retire(delegate); // HikariCP itself would keep its place until close()
      checkouts.end(this);
    }
  }

  @Override
  public boolean isClosed() throws SQLException {
    return ended != 0 || delegate.isClosed();
  }

  /** A caller can reach the connection behind through a statement, and close that. */
  boolean endIfClosedUnderneath() {
    boolean closed = isClosedUnderneath();
    if (closed && ENDED.compareAndSet(this, 0, 1)) {
      checkouts.end(this);
    }
    return closed;
  }

  private boolean isClosedUnderneath() {
    try {
      return isClosed();
    } catch (SQLException e) {
      return true;
    }
  }

  long heldNanos(long now) {
    return now - since;
  }

  /** What its holder does now. Takes the thread's stack, which stops it for a moment. */
  LeakSuspect suspect(long now, LastStatement lastStatement) {
    boolean threadEnded = !holder.isAlive();
    return new LeakSuspect(
        holder.getName(),
        Duration.ofNanos(heldNanos(now)),
        threadEnded,
        threadEnded ? List.of() : List.of(holder.getStackTrace()),
        lastStatement.of(this).orElse(""));
  }
}
