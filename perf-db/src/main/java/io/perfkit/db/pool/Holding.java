package io.perfkit.db.pool;

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
final class Holding extends ForwardingConnection {
  private static final AtomicIntegerFieldUpdater<Holding> ENDED =
      AtomicIntegerFieldUpdater.newUpdater(Holding.class, "ended");

  private final Holdings holdings;
  private final Thread holder;
  private final long since;

  /** How many holdings the holder has; shared by them. */
  final AtomicInteger held;

  /** Written before the holding can be found in its slot, and read by {@link Holdings} alone. */
  int slot;

  /** Whether it was reported as a leak suspect; on the pool's thread. */
  boolean suspected;

  private volatile int ended;

  Holding(Connection behind, Holdings holdings, AtomicInteger held, Thread holder, long since) {
    super(behind);
    this.holdings = holdings;
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
      if (holdings.claimSurplus()) {
        retire();
      } else {
        behind.close();
      }
    } finally {
      holdings.end(this);
    }
  }

  private void retire() throws SQLException {
    try {
      if (!behind.isClosed() && !behind.getAutoCommit()) {
        behind.rollback(); // its locks are free when close() returns
      }
    } finally {
      holdings.retire(behind);
    }
  }

  @Override
  public void abort(Executor executor) throws SQLException {
    if (!ENDED.compareAndSet(this, 0, 1)) {
      return;
    }
    try {
      behind.abort(executor);
    } finally {
      holdings.retire(behind); // HikariCP itself would keep its place until close()
      holdings.end(this);
    }
  }

  @Override
  public boolean isClosed() throws SQLException {
    return ended != 0 || behind.isClosed();
  }

  /** A caller can reach the connection behind through a statement, and close that. */
  boolean endIfClosedUnderneath() {
    boolean closed = isClosedUnderneath();
    if (closed && ENDED.compareAndSet(this, 0, 1)) {
      holdings.end(this);
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
