package io.perfkit.db.query;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * State that all wrappers of one monitor share: its queries, clock, watchdog, repeats, log and, if
 * a cache needs them, the versions of tables. Thread safe.
 */
final class Executions {
  private final QueryRegistry queries;
  private final LongSupplier nanos;
  private final InstantSource clock;
  private final QueryLog log;
  private final CallSite callSite;
  private final boolean logSlow;
  private final boolean logAll;
  private final long slowNanos;
  private final long noteworthyNanos;
  private final int minRepeats;
  private final List<QueryListener> listeners;
  private final Watchdog watchdog;
  private final RepeatedQueries repeated;

  @SuppressWarnings("ThreadLocalUsage") // units of one monitor are not those of another
  private final ThreadLocal<UnitOfWork> work = new ThreadLocal<>();

  private final AtomicReference<@Nullable TableVersions> tables = new AtomicReference<>();

  /** Spares the look at the thread where nobody opens units; a thread that does so sees it set. */
  private boolean worked;

  Executions(
      QueryMonitorConfig config,
      LongSupplier nanos,
      InstantSource clock,
      QueryLog log,
      List<QueryListener> listeners) {
    this.queries = new QueryRegistry(config.maxFingerprints());
    this.nanos = nanos;
    this.clock = clock;
    this.log = log;
    this.listeners = List.copyOf(listeners);
    this.callSite = new CallSite(config.helpers());
    this.logSlow = config.logSlow();
    this.logAll = config.logAll();
    this.slowNanos = config.slowAfter().toNanos();
    this.noteworthyNanos = logAll || !listeners.isEmpty() ? 0 : slowNanos;
    this.minRepeats = config.minRepeats();
    this.repeated = new RepeatedQueries(log);
    this.watchdog = new Watchdog(config.stillRunningAfter(), nanos, log, callSite);
  }

  QueryRegistry queries() {
    return queries;
  }

  Watchdog watchdog() {
    return watchdog;
  }

  RepeatedQueries repeated() {
    return repeated;
  }

  LongSupplier nanos() {
    return nanos;
  }

  /** Call site of the execution on this thread. */
  String callSite() {
    return callSite.find();
  }

  Query query(String sql) {
    return queries.of(sql);
  }

  /** From now on tracks which tables are written. */
  TableVersions trackTables(DataSource database, Duration doubt) throws SQLException {
    int borrowed = watchdog.health().connections();
    if (borrowed > 0) {
      throw new IllegalStateException(
          "connections borrowed: " + borrowed + " (expected: none before there is a cache)");
    }
    TableVersions versions = new TableVersions(nanos, NANOSECONDS.convert(doubt));
    if (!tables.compareAndSet(null, versions)) {
      throw new IllegalStateException("caches of this monitor: 1 already (expected: one at most)");
    }
    boolean tracked = false;
    try (Connection connection = database.getConnection()) {
      String product = connection.getMetaData().getDatabaseProductName();
      if (!product.equals("PostgreSQL")) {
        throw new IllegalArgumentException("database: " + product + " (expected: PostgreSQL)");
      }
      versions.learn(connection);
      tracked = true;
    } finally {
      if (!tracked) {
        tables.set(null);
      }
    }
    return versions;
  }

  /** Null if no cache needs them. */
  @Nullable TableVersions tables() {
    return tables.get();
  }

  /** Something was set on a connection, or may have been, by the statement under way. */
  void sessionDiffers(SessionSettings sessions, Connection connection, String by) {
    String text = by + " at " + callSite.find();
    if (sessions.suspect(connection, text)) {
      log.differs(text);
    }
  }

  boolean looksForRepeats() {
    return minRepeats > 0;
  }

  /** Whether a query with so many rows may be the parent of an N+1. */
  boolean mayBeParent(int rows) {
    return looksForRepeats() && rows >= minRepeats;
  }

  UnitOfWork unitOfWork() {
    worked = true;
    return new UnitOfWork(work, newRepeats());
  }

  @Nullable UnitOfWork currentWork() {
    return worked ? work.get() : null;
  }

  RepeatDetector newRepeats() {
    return new RepeatDetector(minRepeats, repeated, callSite);
  }

  boolean isNoteworthy(long took) {
    return took >= noteworthyNanos;
  }

  /** Keeps, logs and reports an execution, as configured. */
  void note(Query query, String parameters, long took, String source, @Nullable Throwable failure) {
    if (took >= slowNanos) {
      SlowSample sample =
          new SlowSample(clock.instant(), Duration.ofNanos(took), parameters, callSite.find());
      query.stats().slow(sample);
      if (logSlow) {
        log.slow(query, sample, nanos.getAsLong());
      }
    }
    if (logAll) {
      log.executed(query, parameters, took);
    }
    if (!listeners.isEmpty() && !query.isOwn()) {
      tell(query, parameters, took, source, failure);
    }
  }

  private void tell(
      Query query, String parameters, long took, String source, @Nullable Throwable failure) {
    QueryExecution execution =
        new QueryExecution(
            source,
            query.toString(),
            query.operation(),
            Duration.ofNanos(took),
            parameters,
            Optional.ofNullable(failure));
    for (QueryListener listener : listeners) {
      try {
        listener.executed(execution);
      } catch (RuntimeException e) {
        log.listenerFailed(listener.getClass(), e);
      }
    }
  }

  void close() {
    watchdog.close();
  }
}
