package io.perfkit.db.pool;

import static java.lang.Math.max;

import io.perfkit.db.internal.Histogram;
import io.perfkit.db.internal.Timings;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Tracks the connections that are checked out, the threads that hold them, and the time that
 * callers waited for them. Thread safe. Acquiring and giving back take a handful of atomic steps
 * and allocate only the checkout.
 */
final class CheckedOutConnections {
  private static final int NO_SLOT = -1;
  private static final int SPREAD = 0x9E3779B9;

  /* Invariants
   * H1  a checkout is ended once, by the first thread that closes it, and then its slot is free.
   * H2  no more connections are retired than were surplus at the last check.
   * H3  a thread's count is the number of its checkouts that have not ended, whichever thread
   *     ends them.
   */
  private final LongSupplier nanos;
  private final StatementLimit limit;
  private final ConnectionDefaults defaults;
  private final Consumer<Connection> evict;
  private final AtomicInteger surplus = new AtomicInteger();
  private final AtomicReferenceArray<@Nullable CheckedOutConnection> slots;
  // A class of the JDK, so that threads that outlive the application do not keep its classes.
  private final ThreadLocal<AtomicInteger> heldByThread =
      ThreadLocal.withInitial(AtomicInteger::new);
  private final Histogram acquireTimes = new Histogram();
  private final LongAdder begun = new LongAdder();
  private final LongAdder ended = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final NestedAcquires nested;

  /**
   * @param ceiling most checkouts at once; beyond four times as many, checkouts are not watched
   * @param limit of statements
   * @param defaults how connections are set
   * @param evict ends a connection instead of giving it back
   */
  CheckedOutConnections(
      int ceiling,
      StatementLimit limit,
      ConnectionDefaults defaults,
      Consumer<Connection> evict,
      LongSupplier nanos) {
    this.limit = limit;
    this.defaults = defaults;
    this.evict = evict;
    this.nanos = nanos;
    this.nested = new NestedAcquires(nanos.getAsLong());
    this.slots = new AtomicReferenceArray<>(Integer.highestOneBit(max(4, ceiling)) * 4);
  }

  /** Takes a connection of {@code pool} for the calling thread. */
  CheckedOutConnection acquire(Pool pool) throws SQLException {
    AtomicInteger held = heldByThread.get();
    int outer = held.get() > 0 ? outer(held) : 0;
    if (outer > 0) {
      nested.begin(outer);
    }
    long start = nanos.getAsLong();
    try {
      Connection connection = pool.take();
      long now = nanos.getAsLong();
      acquireTimes.record(now - start);
      return begin(connection, held, now);
    } catch (SQLException | RuntimeException e) {
      failed.increment();
      throw e;
    } finally {
      if (outer > 0) {
        nested.end(outer);
      }
    }
  }

  private CheckedOutConnection begin(Connection connection, AtomicInteger held, long now) {
    CheckedOutConnection checkout =
        new CheckedOutConnection(
            connection, this, defaults.readOnly(), held, Thread.currentThread(), now);
    held.incrementAndGet();
    begun.increment();
    int mask = slots.length() - 1;
    int first = ((int) Thread.currentThread().getId() * SPREAD) >>> 16;
    for (int i = 0; i <= mask; i++) {
      int slot = first + i & mask;
      if (slots.get(slot) == null) {
        checkout.slot = slot;
        if (slots.compareAndSet(slot, null, checkout)) {
          return checkout;
        }
      }
    }
    checkout.slot = NO_SLOT;
    return checkout;
  }

  /** Sets the time-out of a statement that was just made. */
  <S extends Statement> S limited(S statement) throws SQLException {
    return limit.isByStatement() ? limit.limit(statement) : statement;
  }

  /**
   * What {@link #restoreSchema} is to bring back: the pool's schema, or, if it has none, the one
   * that the connection has now. Costs a statement in the second case.
   */
  String schemaOf(Connection connection) throws SQLException {
    if (!defaults.schema().isEmpty()) {
      return defaults.schema();
    }
    if (!StatementLimit.isPostgres(connection)) {
      return connection.getSchema();
    }
    try (Statement statement = connection.createStatement();
        ResultSet path = statement.executeQuery("SELECT current_setting('search_path')")) {
      path.next();
      return path.getString(1);
    }
  }

  /**
   * Sets the schema that a caller changed as it was before. HikariCP restores the pool's own only,
   * and without a commit, so that the first rollback of the next caller would undo it.
   */
  void restoreSchema(Connection connection, String before) throws SQLException {
    if (connection.isClosed()) {
      return;
    }
    if (connection.getAutoCommit()) {
      setSchema(connection, before);
    } else {
      connection.rollback();
      setSchema(connection, before);
      connection.commit();
    }
  }

  private void setSchema(Connection connection, String before) throws SQLException {
    if (!defaults.schema().isEmpty() || !StatementLimit.isPostgres(connection)) {
      connection.setSchema(before);
      return;
    }
    try (PreparedStatement path =
        connection.prepareStatement("SELECT set_config('search_path', ?, false)")) {
      path.setString(1, before);
      boolean unused = path.execute();
    }
  }

  /** Sets how many of the connections that come back next are not to be used again. */
  void surplus(int connections) {
    surplus.set(connections);
  }

  boolean claimSurplus() {
    int left = surplus.get();
    return left > 0 && surplus.compareAndSet(left, left - 1);
  }

  /** Ends a connection instead of giving it back. */
  void retire(Connection connection) {
    evict.accept(connection);
  }

  /** Has the calling thread's writable connections leave the pool when it closes them. */
  boolean retireWritersOfThisThread() {
    boolean[] found = new boolean[1];
    forEach(checkout -> found[0] |= checkout.retireOnCloseIfWriterOf(Thread.currentThread()));
    return found[0];
  }

  /** Called once per checkout. */
  void end(CheckedOutConnection checkout) {
    if (checkout.slot != NO_SLOT) {
      slots.set(checkout.slot, null);
    }
    checkout.held.decrementAndGet();
    ended.increment();
  }

  /** Number of connections that the thread really holds. */
  private int outer(AtomicInteger held) {
    forEach(
        checkout -> {
          if (checkout.held == held) {
            checkout.endIfClosedUnderneath();
          }
        });
    return held.get();
  }

  /** Calls {@code action} with each checkout that has not ended, in no order. */
  void forEach(Consumer<CheckedOutConnection> action) {
    for (int i = 0; i < slots.length(); i++) {
      CheckedOutConnection checkout = slots.get(i);
      if (checkout != null) {
        action.accept(checkout);
      }
    }
  }

  /** Durations of the acquires since the start. */
  Timings acquireTimes() {
    return acquireTimes.timings();
  }

  long begun() {
    return begun.sum();
  }

  long ended() {
    return ended.sum();
  }

  long failed() {
    return failed.sum();
  }

  NestedAcquires nested() {
    return nested;
  }
}
