package io.perfkit.db.query;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Counts and times every statement that goes through the {@code DataSource}s that it wraps, by
 * fingerprint. Wrap the pool, not what the pool connects with. Thread safe.
 *
 * <p>The wrappers behave as the driver does, and lead back to it by {@code unwrap}. An execution
 * costs two looks at the clock and some counters; no statement starts or schedules anything. What
 * is kept holds no literal and no parameter.
 */
public final class QueryMonitor implements AutoCloseable {
  private final Queries queries;
  private final LongSupplier nanos;
  private final InstantSource clock;
  private final QueryLog log;
  private final CallSite callSite;
  private final boolean logSlow;
  private final boolean logAll;
  private final long slowNanos;
  private final long noteworthyNanos;
  private final Watchdog watchdog;
  private final @Nullable QueryMeters meters;
  private final int repeatsMin;
  private final RepeatedQueries repeated;

  @SuppressWarnings("ThreadLocalUsage") // units of one monitor are not those of another
  private final ThreadLocal<UnitOfWork> work = new ThreadLocal<>();

  private final AtomicReference<@Nullable TableVersions> tables = new AtomicReference<>();
  private volatile boolean worked; // spares the look at the thread where nobody opens units

  private QueryMonitor(Builder builder) {
    QueryMonitorConfig config = builder.config;
    this.queries = new Queries(config.fingerprintsMax());
    this.nanos = builder.nanos;
    this.clock = builder.clock;
    this.log = builder.log;
    this.callSite = new CallSite(config.helpers());
    this.logSlow = config.logSlow();
    this.logAll = config.logAll();
    this.slowNanos = config.slowAfter().toNanos();
    this.noteworthyNanos = logAll ? 0 : slowNanos;
    this.repeatsMin = config.repeatsMin();
    this.repeated = new RepeatedQueries(log);
    this.watchdog = new Watchdog(config.stillRunningAfter(), nanos, log, callSite);
    this.meters =
        builder.registry == null ? null : new QueryMeters(builder.registry, queries, watchdog);
  }

  /** With default settings and no meters. */
  public static QueryMonitor create() {
    return builder(QueryMonitorConfig.defaults()).build();
  }

  /** A builder for the rarer collaborators. */
  public static Builder builder(QueryMonitorConfig config) {
    return new Builder(config);
  }

  /**
   * The same database, monitored. Several may be wrapped, and share fingerprints. It stays the
   * caller's to close, and works on when this is closed.
   */
  public DataSource wrap(DataSource database) {
    return new MonitoredDataSource(requireNonNull(database, "database"), this);
  }

  /** What was counted so far. Takes a millisecond or so for some thousand fingerprints. */
  public QueryReport report() {
    return new QueryReport(queries.figures());
  }

  /**
   * Begins what counts as one scope for {@link #repeatedQueries}, on this thread and until it is
   * closed. Without one, a transaction is a scope, or else a borrowed connection.
   */
  public UnitOfWork unitOfWork() {
    worked = true;
    return new UnitOfWork(work, newRepeats());
  }

  /**
   * Queries that the same lines asked at least {@code repeatsMin} times within one scope that has
   * ended, the one that costs most first; at most 200. Each is logged when it is found, at WARN.
   */
  public List<RepeatedQuery> repeatedQueries() {
    return repeated.all();
  }

  /** What runs now. Asks nothing of the database; for a health check. */
  public QueryHealth health() {
    return watchdog.health();
  }

  /** Ends the watchdog and removes the meters. What was wrapped works on and is still counted. */
  @Override
  public void close() {
    watchdog.close();
    if (meters != null) {
      meters.close();
    }
  }

  Connection borrowed(Connection delegate) {
    MonitoredConnection connection = new MonitoredConnection(delegate, this);
    watchdog.watch(connection);
    return connection;
  }

  void left(MonitoredConnection connection) {
    watchdog.forget(connection);
  }

  /** From now on it is known which tables are written. */
  TableVersions trackTables(DataSource database, Duration doubt) throws SQLException {
    int borrowed = health().connections();
    if (borrowed > 0) {
      throw new IllegalStateException(
          "connections borrowed: " + borrowed + " (expected: none before there is a cache)");
    }
    TableVersions versions = new TableVersions(nanos, doubt.toNanos());
    if (!tables.compareAndSet(null, versions)) {
      throw new IllegalStateException("caches of this monitor: 1 already (expected: one at most)");
    }
    boolean tracked = false;
    try (Connection connection = database.getConnection()) {
      String product = connection.getMetaData().getDatabaseProductName();
      if (!product.equals("PostgreSQL")) {
        throw new IllegalArgumentException("database: " + product + " (expected: PostgreSQL)");
      }
      Catalog unused = versions.catalog(database);
      tracked = true;
    } finally {
      if (!tracked) {
        tables.set(null);
      }
    }
    return versions;
  }

  /** Null where nobody wants to know. */
  @Nullable TableVersions tables() {
    return tables.get();
  }

  boolean looksForRepeats() {
    return repeatsMin > 0;
  }

  /** Whether a query of so many rows may be one for each of whose rows another is asked. */
  boolean mayBeParent(int rows) {
    return looksForRepeats() && rows >= repeatsMin;
  }

  @Nullable UnitOfWork currentWork() {
    return worked ? work.get() : null;
  }

  Repeats newRepeats() {
    return new Repeats(repeatsMin, repeated, callSite::path);
  }

  Query query(String sql) {
    return queries.of(sql);
  }

  LongSupplier nanos() {
    return nanos;
  }

  CallSite callSite() {
    return callSite;
  }

  boolean isNoteworthy(long took) {
    return took >= noteworthyNanos;
  }

  /** Keeps and logs what an execution was like, if that is wanted. */
  void note(@Nullable MonitoredStatement<?> statement, Query query, long took) {
    String parameters = statement == null ? "[]" : statement.parameters();
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
  }

  @Override
  public String toString() {
    return "QueryMonitor[" + queries.all().size() + " fingerprints, " + health() + "]";
  }

  /** Collects collaborators. One thread at a time. */
  public static final class Builder {
    private final QueryMonitorConfig config;
    private LongSupplier nanos = System::nanoTime;
    private InstantSource clock = InstantSource.system();
    private QueryLog log = new QueryLog();
    private @Nullable MeterRegistry registry;

    private Builder(QueryMonitorConfig config) {
      this.config = requireNonNull(config, "config");
    }

    /** Where the meters are registered until the monitor is closed; default none. */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    Builder nanos(LongSupplier elapsed) {
      nanos = elapsed;
      return this;
    }

    Builder clock(InstantSource wall) {
      clock = wall;
      return this;
    }

    Builder log(QueryLog lines) {
      log = lines;
      return this;
    }

    /** Starts the watchdog, one thread. */
    public QueryMonitor build() {
      return new QueryMonitor(this);
    }
  }
}
