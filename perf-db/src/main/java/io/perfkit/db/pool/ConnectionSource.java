package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.perfkit.db.internal.DelegatingDataSource;
import io.perfkit.db.internal.SqlState;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.sql.SQLNonTransientConnectionException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * The {@code DataSource} that HikariCP connects through: opens connections, hands out those that a
 * warm-up has opened, and records failures and outages. Thread safe.
 */
final class ConnectionSource extends DelegatingDataSource {
  private static final long OFFER_WAIT_MILLIS = 5;
  private static final long RETRY_NANOS = Duration.ofMillis(100).toNanos();

  /**
   * A time in which every attempt to connect failed. Immutable.
   *
   * @param since time of the first failure since the last success
   * @param last why the last attempt failed
   */
  record Outage(long since, SQLException last) {}

  /* Invariants
   * D1  a connection in `opened` goes to HikariCP or is closed: offer() looks at `warming`
   *     afterwards, and warmingEnds() discards after clearing it.
   * D2  the adder is never interrupted within getConnection(): `resting` is empty from its begin to its end,
   *     and an interrupt is sent and taken under `lock`.
   * D3  HikariCP gets a connection, new or opened already, only when one is called for; until then its adder
   *     stays in getConnection().
   */
  private final @Nullable Supplier<Credentials> credentials;
  private final StatementLimit limit;
  private final FormerPrimary formerPrimary = new FormerPrimary();
  private final LongSupplier nanos;
  private final BlockingQueue<Connection> opened = new LinkedBlockingQueue<>();
  private final AtomicLong delivered = new AtomicLong();
  private final AtomicLong failures = new AtomicLong();
  private final AtomicLong refusals = new AtomicLong();
  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable Thread resting;
  private volatile BooleanSupplier calledFor = () -> false;
  private volatile @Nullable Thread adder;
  private volatile boolean warming;
  private volatile @Nullable String told;
  private final AtomicReference<@Nullable Outage> outage = new AtomicReference<>();
  private volatile boolean closed;

  /**
   * @param credentials called at each attempt to connect; null to log in as {@code database} does
   * @param limit of statements
   */
  ConnectionSource(
      DataSource database,
      @Nullable Supplier<Credentials> credentials,
      StatementLimit limit,
      LongSupplier nanos) {
    super(database);
    this.credentials = credentials;
    this.limit = limit;
    this.nanos = nanos;
  }

  /** Called by HikariCP's only thread that adds connections. */
  @Override
  public Connection getConnection() throws SQLException {
    arrive();
    while (!closed) {
      Connection connection = calledFor.getAsBoolean() ? next() : null; // D3
      if (connection != null) {
        delivered.incrementAndGet();
        told = null; // HikariCP forgets it too
        rest();
        return connection;
      }
      LockSupport.parkNanos(this, RETRY_NANOS);
    }
    throw new SQLNonTransientConnectionException("the pool is closed", "08003");
  }

  private @Nullable Connection next() throws SQLException {
    Connection connection = nextOpened();
    return connection == null ? tryOpen() : connection;
  }

  /**
   * Opens a connection; null if the database still gives none, since HikariCP would pause for up to
   * 5 s after an exception.
   *
   * @throws SQLException if its SQLSTATE is new, so that HikariCP can report it to callers that
   *     time out, or if the database is not to be tried again soon
   */
  private @Nullable Connection tryOpen() throws SQLException {
    try {
      return open();
    } catch (SQLException e) {
      String state = SqlState.code(e);
      if (ConnectFailure.of(e) == ConnectFailure.TEMPORARY && state.equals(told)) {
        return null;
      }
      told = state;
      throw e;
    }
  }

  @Override
  public Connection getConnection(String user, String password) throws SQLException {
    throw new SQLFeatureNotSupportedException("the pool has one user");
  }

  /** A new connection, which the caller owns. */
  Connection open() throws SQLException {
    try {
      Connection connection = login();
      outage.set(null);
      return connection;
    } catch (SQLException e) {
      long now = nanos.getAsLong();
      outage.updateAndGet(before -> new Outage(before == null ? now : before.since(), e));
      failures.incrementAndGet();
      if (ConnectFailure.of(e) == ConnectFailure.SERVER_FULL) {
        refusals.incrementAndGet();
      }
      throw e;
    }
  }

  /** A supplier that fails is an outage as a server that does not answer is: worth a retry. */
  private Credentials credentials() throws SQLException {
    try {
      return requireNonNull(requireNonNull(credentials).get(), "credentials");
    } catch (RuntimeException e) {
      throw new SQLTransientConnectionException("credentials: the supplier failed", "08001", e);
    }
  }

  private Connection login() throws SQLException {
    Connection connection;
    if (credentials == null) {
      connection = delegate.getConnection();
    } else {
      Credentials now = credentials();
      connection = delegate.getConnection(now.user(), now.password());
    }
    boolean done = false;
    try {
      limit.set(connection);
      formerPrimary.opened(connection);
      done = true;
      return connection;
    } finally {
      if (!done) {
        connection.close();
      }
    }
  }

  /** What is known about a former primary. */
  FormerPrimary formerPrimary() {
    return formerPrimary;
  }

  /** The time limit for statements of its connections. */
  StatementLimit limit() {
    return limit;
  }

  /** Has HikariCP add a connection whenever {@code condition} holds; it is evaluated often. */
  void addWhen(BooleanSupplier condition) {
    calledFor = condition;
  }

  /** To be called when a connection is needed. */
  void wake() {
    LockSupport.unpark(adder);
  }

  /** From now on HikariCP waits for offered connections. */
  void warmingBegins() {
    warming = true;
  }

  /** HikariCP opens connections itself again; offered ones that it did not fetch are closed. */
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
        // It was never used, and the server finds out.
      }
    }
  }

  /** Gives no connection from now on. */
  void close() {
    closed = true;
    wake();
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

  /** Failures because the server's connection limit was reached. */
  long refusals() {
    return refusals.get();
  }

  /** The outage, if the last attempt to connect failed. */
  Optional<Outage> outage() {
    return Optional.ofNullable(outage.get());
  }

  /**
   * Ends the pause of 30 ms that HikariCP's adder makes after each connection. To be called when
   * all {@link #delivered} connections are in the pool, so that the adder only rests.
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

  private void arrive() {
    adder = Thread.currentThread();
    lock.lock();
    try {
      resting = null;
      boolean unused = Thread.interrupted(); // hurried while it rested
    } finally {
      lock.unlock();
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
