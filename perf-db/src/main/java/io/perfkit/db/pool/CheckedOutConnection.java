package io.perfkit.db.pool;

import io.perfkit.db.internal.DelegatingConnection;
import java.sql.CallableStatement;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import org.jspecify.annotations.Nullable;

/**
 * A connection that is checked out, and the thread that holds it. Thread safe as far as the
 * driver's connection is.
 */
final class CheckedOutConnection extends DelegatingConnection {
  private static final AtomicIntegerFieldUpdater<CheckedOutConnection> ENDED =
      AtomicIntegerFieldUpdater.newUpdater(CheckedOutConnection.class, "ended");

  private final CheckedOutConnections checkouts;
  private final Thread holder;
  private final long since;

  /** Number of checkouts that the holder has; its checkouts share it. */
  final AtomicInteger held;

  /**
   * Written before the checkout can be found in its slot, and read by {@link CheckedOutConnections}
   * alone.
   */
  int slot;

  /** Whether it was reported as a leak suspect; used on the pool's thread only. */
  boolean suspected;

  /** Written by the caller that uses the connection, and read when it closes it. */
  private @Nullable String schemaBefore;

  private boolean readOnly; // as schemaBefore
  private volatile boolean retires;

  private volatile int ended;

  CheckedOutConnection(
      Connection delegate,
      CheckedOutConnections checkouts,
      boolean readOnly,
      AtomicInteger held,
      Thread holder,
      long since) {
    super(delegate);
    this.checkouts = checkouts;
    this.readOnly = readOnly;
    this.held = held;
    this.holder = holder;
    this.since = since;
  }

  /** Gives the connection back, or ends it if the pool has more than its size. */
  @Override
  public void close() throws SQLException {
    if (!ENDED.compareAndSet(this, 0, 1)) {
      return;
    }
    try {
      if (retires || checkouts.claimSurplus()) {
        retire();
      } else {
        restoreSchema();
        delegate.close();
      }
    } finally {
      checkouts.end(this);
    }
  }

  /** A connection whose schema can't be restored is no one else's: it leaves the pool. */
  private void restoreSchema() throws SQLException {
    if (schemaBefore == null) {
      return;
    }
    boolean restored = false;
    try {
      checkouts.restoreSchema(delegate, schemaBefore);
      restored = true;
    } finally {
      if (!restored) {
        checkouts.retire(delegate);
      }
    }
  }

  @Override
  public void setSchema(String schema) throws SQLException {
    if (schemaBefore == null) {
      schemaBefore = checkouts.schemaOf(delegate);
    }
    super.setSchema(schema);
  }

  @Override
  public void setReadOnly(boolean on) throws SQLException {
    super.setReadOnly(on);
    readOnly = on;
  }

  /** Called on the thread that executed the statement which a read-only server refused. */
  boolean retireOnCloseIfWriterOf(Thread thread) {
    boolean writer = holder == thread && !readOnly && ended == 0;
    retires |= writer;
    return writer;
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

  /**
   * Ends the checkout if the caller closed the underlying connection, reached through a statement.
   */
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

  /** Describes what its holder does now. Takes the thread's stack, which stops it for a moment. */
  LeakSuspect suspect(long now, LastStatement lastStatement) {
    boolean threadEnded = !holder.isAlive();
    return new LeakSuspect(
        holder.getName(),
        Duration.ofNanos(heldNanos(now)),
        threadEnded,
        threadEnded ? List.of() : List.of(holder.getStackTrace()),
        lastStatement.of(this).orElse(""));
  }

  @Override
  public Statement createStatement() throws SQLException {
    return checkouts.limited(delegate.createStatement());
  }

  @Override
  public Statement createStatement(int type, int concurrency) throws SQLException {
    return checkouts.limited(delegate.createStatement(type, concurrency));
  }

  @Override
  public Statement createStatement(int type, int concurrency, int holdability) throws SQLException {
    return checkouts.limited(delegate.createStatement(type, concurrency, holdability));
  }

  @Override
  public PreparedStatement prepareStatement(String sql) throws SQLException {
    return checkouts.limited(delegate.prepareStatement(sql));
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int autoGeneratedKeys) throws SQLException {
    return checkouts.limited(delegate.prepareStatement(sql, autoGeneratedKeys));
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int[] columnIndexes) throws SQLException {
    return checkouts.limited(delegate.prepareStatement(sql, columnIndexes));
  }

  @Override
  public PreparedStatement prepareStatement(String sql, String[] columnNames) throws SQLException {
    return checkouts.limited(delegate.prepareStatement(sql, columnNames));
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int type, int concurrency)
      throws SQLException {
    return checkouts.limited(delegate.prepareStatement(sql, type, concurrency));
  }

  @Override
  public PreparedStatement prepareStatement(String sql, int type, int concurrency, int holdability)
      throws SQLException {
    return checkouts.limited(delegate.prepareStatement(sql, type, concurrency, holdability));
  }

  @Override
  public CallableStatement prepareCall(String sql) throws SQLException {
    return checkouts.limited(delegate.prepareCall(sql));
  }

  @Override
  public CallableStatement prepareCall(String sql, int type, int concurrency) throws SQLException {
    return checkouts.limited(delegate.prepareCall(sql, type, concurrency));
  }

  @Override
  public CallableStatement prepareCall(String sql, int type, int concurrency, int holdability)
      throws SQLException {
    return checkouts.limited(delegate.prepareCall(sql, type, concurrency, holdability));
  }
}
