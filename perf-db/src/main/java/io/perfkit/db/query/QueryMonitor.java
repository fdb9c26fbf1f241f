package io.perfkit.db.query;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * Query statistics by fingerprint: counts and times every statement that goes through the {@code
 * DataSource}s that it wraps. Wrap the pool, not the {@code DataSource} that the pool connects
 * with. Thread safe.
 *
 * <p>The wrappers behave as the driver does, and lead back to it by {@code unwrap}. An execution
 * costs two clock reads and some counters; no statement starts or schedules anything. The monitor
 * keeps no literal and no parameter.
 */
public final class QueryMonitor implements AutoCloseable {
  private final Executions executions;
  private final boolean disabled;
  private final @Nullable QueryMeters meters;

  private QueryMonitor(Builder builder, boolean disabled) {
    this.disabled = disabled;
    this.executions =
        new Executions(
            builder.config, builder.nanos, builder.clock, builder.log, builder.listeners);
    this.meters = meters(builder, executions);
  }

  private static @Nullable QueryMeters meters(Builder builder, Executions executions) {
    try {
      return builder.registry == null
          ? null
          : new QueryMeters(
              builder.registry, builder.name, executions.queries(), executions.watchdog());
    } catch (RuntimeException refused) {
      executions.close();
      throw refused;
    }
  }

  /** A monitor with default settings and no meters. Starts one thread, the watchdog. */
  public static QueryMonitor create() {
    return builder().build();
  }

  /**
   * A monitor that is switched off: {@link #wrap} returns its argument, so nothing is counted and
   * nothing costs anything. Its report is empty, and it is healthy. No thread.
   */
  public static QueryMonitor disabled() {
    QueryMonitor monitor = new QueryMonitor(new Builder(), true);
    monitor.close();
    return monitor;
  }

  /** A builder for a monitor with other settings and collaborators than the defaults. */
  public static Builder builder() {
    return new Builder();
  }

  /** As {@link #wrap(String, DataSource)}, without a name. */
  public DataSource wrap(DataSource database) {
    return wrap("", database);
  }

  /**
   * The same database, monitored. A monitor may wrap several, which share fingerprints. The
   * database stays the caller's to close, and works on when this monitor is closed.
   *
   * @param name name of the data source, for listeners
   * @throws IllegalArgumentException if it is monitored already: its statements would count twice
   */
  public DataSource wrap(String name, DataSource database) {
    requireNonNull(name, "name");
    if (disabled) {
      return requireNonNull(database, "database");
    }
    if (isMonitored(requireNonNull(database, "database"))) {
      throw new IllegalArgumentException(
          "database: " + database + " (expected: one that is not monitored yet; use it as it is)");
    }
    return new MonitoredDataSource(database, executions, name);
  }

  private static boolean isMonitored(DataSource database) {
    try {
      return database instanceof MonitoredDataSource
          || database.isWrapperFor(MonitoredDataSource.class);
    } catch (SQLException notSaid) {
      return false;
    }
  }

  /** A report of the figures so far. Takes about a millisecond for some thousand fingerprints. */
  public QueryReport stats() {
    return new QueryReport(executions.queries().figures(), executions.queries().ownCalls());
  }

  /**
   * Opens a scope for {@link #repeatedQueries} on this thread until it is closed, and counts the
   * statements within it. Without one, a transaction is the scope, or else a borrowed connection.
   */
  public UnitOfWork unitOfWork() {
    return executions.unitOfWork();
  }

  /**
   * N+1 and other repeated queries: those that one call path executed at least {@code minRepeats}
   * times within one scope that has ended, most costly first; at most 200. Each is logged when it
   * is found, at WARN.
   */
  public List<RepeatedQuery> repeatedQueries() {
    return executions.repeated().all();
  }

  /** What runs now, for a health check. Sends nothing to the database. */
  public QueryHealth health() {
    return executions.watchdog().health();
  }

  /**
   * The fingerprint that a connection runs or ran last, given the monitored connection or the one
   * that it wraps. For a pool that reports leak suspects: {@code
   * lastStatement(monitor::lastStatement)}.
   *
   * @return empty if the connection is not borrowed through this monitor, or ran nothing
   */
  public Optional<String> lastStatement(Connection connection) {
    return executions.watchdog().lastStatement(connection);
  }

  /**
   * Ends the watchdog and removes the meters. Wrapped data sources work on and are still counted.
   */
  @Override
  public void close() {
    executions.close();
    if (meters != null) {
      meters.close();
    }
  }

  Executions executions() {
    return executions;
  }

  @Override
  public String toString() {
    return "QueryMonitor[" + executions.queries().all().size() + " fingerprints, " + health() + "]";
  }

  /** Collects settings and collaborators. One thread at a time. */
  public static final class Builder {
    private QueryMonitorConfig config = QueryMonitorConfig.defaults();
    private String name = "db";
    private LongSupplier nanos = System::nanoTime;
    private InstantSource clock = InstantSource.system();
    private QueryLog log = new QueryLog();
    private final List<QueryListener> listeners = new ArrayList<>();
    private @Nullable MeterRegistry registry;

    private Builder() {}

    /** The settings; default {@link QueryMonitorConfig#defaults()}. */
    public Builder config(QueryMonitorConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /** Tags the meters, as {@code monitor}; default {@code db}. */
    public Builder name(String tag) {
      name = requireNonNull(tag, "tag");
      if (name.isBlank()) {
        throw new IllegalArgumentException("name: '" + name + "' (expected: not blank)");
      }
      return this;
    }

    /** Where the meters are registered until the monitor is closed; default none. */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    /** Receives every finished execution; default none. */
    public Builder listener(QueryListener listener) {
      listeners.add(requireNonNull(listener, "listener"));
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

    /**
     * Starts the watchdog, one thread.
     *
     * @throws IllegalArgumentException if the registry has meters of a monitor of this name
     */
    public QueryMonitor build() {
      return new QueryMonitor(this, false);
    }
  }
}
