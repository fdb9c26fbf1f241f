package io.perfkit.db.query;

import static java.util.Objects.requireNonNull;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.perfkit.db.RowMapper;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import javax.sql.DataSource;

/**
 * Query result cache in this process: keeps a result until a table that it read is written through
 * the same {@link QueryMonitor}, or its TTL ends. For PostgreSQL. Thread safe.
 *
 * <p>A result is never older than the last commit made through the monitor before the call. Commits
 * of other processes, and writes that bypass the monitor, become visible when the TTL ends.
 */
public final class QueryCache {

  /* Invariants
   * Q1  a cached result was read while none of its tables was being written, and its stamp was
   *     taken before the read.
   * Q2  a cached result counts only while its stamp is current (TableVersions T1, T2).
   * Q3  callers share a load only if no table was written between its start and their call. */
  private final DataSource database;
  private final QueryCacheConfig config;
  private final Executions executions;
  private final boolean disabled;
  private final TableVersions versions;
  private final Cache<Key, Kept> kept;
  private final ConcurrentHashMap<Load, CompletableFuture<List<?>>> loads =
      new ConcurrentHashMap<>();
  private final LongAdder hits = new LongAdder();
  private final LongAdder loaded = new LongAdder();
  private final LongAdder shared = new LongAdder();
  private final LongAdder bypassed = new LongAdder();

  private record Key(CachedQuery<?> query, List<Object> parameters) {}

  private record Kept(List<?> rows, long stamp) {}

  private record Load(Key key, long stamp) {}

  private QueryCache(
      DataSource database,
      QueryCacheConfig config,
      TableVersions versions,
      Executions executions,
      boolean disabled) {
    this.database = requireNonNull(database, "database");
    this.disabled = disabled;
    this.config = config;
    this.executions = executions;
    this.versions = versions;
    this.kept =
        Caffeine.newBuilder()
            .maximumWeight(config.maxRows())
            .weigher((Key key, Kept value) -> 1 + value.rows().size())
            .expireAfterWrite(config.ttl())
            .ticker(() -> executions.nanos().getAsLong())
            .executor(Runnable::run)
            .build();
  }

  /** A cache with default settings, as {@link Builder#build()} makes it. */
  public static QueryCache create(DataSource database) throws SQLException {
    return builder(database).build();
  }

  /**
   * A builder for a cache with other settings than the defaults.
   *
   * @param database as {@link QueryMonitor#wrap} gave it
   */
  public static Builder builder(DataSource database) {
    return new Builder(database);
  }

  /**
   * A cache that keeps nothing: each call goes to the database. For any database, monitored or not.
   * No statement.
   */
  public static QueryCache disabled(DataSource database) {
    Executions executions = QueryMonitor.disabled().executions();
    TableVersions versions = new TableVersions(executions.nanos(), 0);
    return new QueryCache(database, QueryCacheConfig.defaults(), versions, executions, true);
  }

  /**
   * A query whose results are cached for each list of parameters. Create it once and reuse it.
   *
   * @param sql the query; {@link CachedQuery#uncacheable} says whether it can be cached
   * @param mapper maps a row to an immutable object
   */
  public <T> CachedQuery<T> query(String sql, RowMapper<T> mapper) {
    return new CachedQuery<>(this, sql, mapper);
  }

  /** Counters so far. No statement. */
  public QueryCacheStats stats() {
    return new QueryCacheStats(hits.sum(), loaded.sum(), shared.sum(), bypassed.sum());
  }

  /** Whether the cache keeps results. No statement. */
  public QueryCacheHealth health() {
    SessionSettings sessions = versions.sessions();
    return new QueryCacheHealth(
        !disabled && !sessions.isOff(), sessions.suspects(), sessions.lastSuspicion());
  }

  /** Invalidates all results, after a change that bypassed the monitor. */
  public void clear() {
    versions.advanceAll();
    kept.invalidateAll();
  }

  Query query(String sql) {
    return executions.query(sql);
  }

  SqlTables tables(Query query) throws SQLException {
    return query.tables(versions.catalog(database));
  }

  @SuppressWarnings("unchecked") // the rows of a key were made by its query
  <T> List<T> list(CachedQuery<T> query, List<Object> parameters) throws SQLException {
    if (disabled) {
      return bypass(query, parameters);
    }
    SqlTables tables = query.tables();
    if (tables.uncacheable().isPresent()
        || !query.isCacheable(parameters)
        || versions.sessions().isOff()) {
      return bypass(query, parameters);
    }
    Key key = new Key(query, parameters);
    Kept found = kept.getIfPresent(key);
    if (found != null && versions.isCurrent(tables.read(), found.stamp())) { // Q2
      hits.increment();
      return (List<T>) found.rows();
    }
    return load(query, key);
  }

  /** Reads with the current catalog: another process may have changed what a name stands for. */
  @SuppressWarnings("unchecked") // as above
  private <T> List<T> load(CachedQuery<T> query, Key key) throws SQLException {
    SqlTables tables = query.tables(versions.recentCatalog(database));
    long stamp = versions.stamp(tables.read());
    if (tables.uncacheable().isPresent() || versions.isBusy(tables.read())) {
      return bypass(query, key.parameters());
    }
    return (List<T>) share(query, tables, new Load(key, stamp));
  }

  private <T> List<T> bypass(CachedQuery<T> query, List<Object> parameters) throws SQLException {
    bypassed.increment();
    try (Connection connection = database.getConnection()) {
      return query.run(connection, parameters);
    }
  }

  private List<?> share(CachedQuery<?> query, SqlTables tables, Load load) throws SQLException {
    CompletableFuture<List<?>> own = new CompletableFuture<>();
    CompletableFuture<List<?>> other = loads.putIfAbsent(load, own); // Q3: the stamp is the same
    if (other != null) {
      return await(query, load, other);
    }
    try {
      List<?> rows = load(query, tables, load);
      own.complete(rows);
      return rows;
    } catch (SQLException | RuntimeException | Error e) {
      own.completeExceptionally(e);
      throw e;
    } finally {
      loads.remove(load);
    }
  }

  private List<?> load(CachedQuery<?> query, SqlTables tables, Load load) throws SQLException {
    loaded.increment();
    try (Connection connection = database.getConnection()) {
      boolean current =
          connection.unwrap(MonitoredConnection.class).executions().readsWhatIsCommitted()
              && versions.sessions().isNormal(connection);
      List<?> rows = query.run(connection, load.key().parameters());
      if (current && versions.isCurrent(tables.read(), load.stamp())) { // Q1
        kept.put(load.key(), new Kept(rows, load.stamp()));
      }
      return rows;
    }
  }

  private List<?> await(CachedQuery<?> query, Load load, CompletableFuture<List<?>> other)
      throws SQLException {
    shared.increment();
    try {
      return other.get(config.maxWait().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException askedInVain) {
      return bypass(query, load.key().parameters());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return bypass(query, load.key().parameters());
    }
  }

  @Override
  public String toString() {
    return "QueryCache[" + stats() + "]";
  }

  boolean isDisabled() {
    return disabled;
  }

  /** Collects settings. One thread at a time. */
  public static final class Builder {
    private final DataSource database;
    private QueryCacheConfig config = QueryCacheConfig.defaults();

    private Builder(DataSource database) {
      this.database = requireNonNull(database, "database");
    }

    /** The settings; default {@link QueryCacheConfig#defaults()}. */
    public Builder config(QueryCacheConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /**
     * A cache in front of the database. One for each monitor, built before the first connection is
     * borrowed, so that it misses no write. Reads the catalog.
     *
     * @throws IllegalArgumentException if the database is not monitored, or no PostgreSQL
     * @throws IllegalStateException if connections are borrowed, or the monitor has a cache already
     * @throws SQLException if the catalog can't be read
     */
    public QueryCache build() throws SQLException {
      if (!(database instanceof MonitoredDataSource monitored)) {
        throw new IllegalArgumentException(
            "database: "
                + database
                + " (expected: one that a QueryMonitor wrapped; with a disabled monitor use"
                + " QueryCache.disabled)");
      }
      Executions executions = monitored.executions();
      TableVersions versions = executions.trackTables(database, config.ttl());
      return new QueryCache(database, config, versions, executions, false);
    }
  }
}
