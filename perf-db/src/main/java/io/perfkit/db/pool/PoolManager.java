package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A connection pool for one database: HikariCP, sized by the server's limits, warmed up before it
 * is handed out, watched, resized under load and, if configured, tuned by hill climbing. The
 * database's {@code DataSource} stays the caller's. Thread safe.
 *
 * <p>A thread of its own checks the pool 20 times a second.
 */
public abstract sealed class PoolManager implements AutoCloseable
    permits HikariPoolManager, UnpooledManager {

  PoolManager() {}

  /**
   * A pool with default settings. Blocks as {@link Builder#build} does.
   *
   * @param database gives a new connection at each call, such as {@code PGSimpleDataSource}; not a
   *     pool
   * @throws WarmUpFailed if no connection could be opened in time
   */
  public static PoolManager create(DataSource database) {
    return builder(database).build();
  }

  /**
   * A builder.
   *
   * @param database gives a new connection at each call, such as {@code PGSimpleDataSource}; not a
   *     pool. HikariCP sets its login timeout
   */
  public static Builder builder(DataSource database) {
    return new Builder(database);
  }

  /**
   * A manager that manages nothing: {@link #dataSource()} is {@code database} itself, which may be
   * a pool of the host's. It starts no thread, watches nothing and closes nothing.
   */
  public static PoolManager disabled(DataSource database) {
    return new UnpooledManager(requireNonNull(database, "database"));
  }

  /**
   * The pooled {@code DataSource}. A connection from it costs what HikariCP's does plus one small
   * object and a few atomic steps; {@code unwrap} leads to HikariCP and the driver. HikariCP's
   * {@code maximumPoolSize} is one more than {@code maxSize} and is never reached: {@link #stats}
   * has the size. Blocks for {@code acquireTimeout} at most. It throws what HikariCP and the driver
   * throw; in an outage longer than {@code outageAfter} it throws a {@code
   * SQLTransientConnectionException} at once.
   */
  public abstract DataSource dataSource();

  /** The pool's name, in thread names and as a tag of the meters. */
  public abstract String name();

  /** The sizes found when the pool was built. */
  public abstract PoolSizing sizing();

  /** Result of the warm-up when the pool was built; {@code wanted} is 0 if none was configured. */
  public abstract WarmUp coldStart();

  /**
   * Sets the size of the pool. Does not wait: waiting callers are served as fast as the database
   * accepts connections; surplus idle connections are closed at once, and surplus ones in use when
   * they are given back.
   *
   * @throws IllegalArgumentException if it is below {@code minSize}, which nested acquires need, or
   *     above {@code maxSize} of {@link #sizing}
   * @throws IllegalStateException if the pool is closed, or has a tuner, which would change it
   */
  public abstract void resize(int connections);

  /**
   * Opens connections until the pool has {@code connections}, up to eight in parallel. Blocks until
   * they are open or cannot be had, for at most {@code deadline}. Opened connections stay.
   *
   * @throws IllegalArgumentException if that is more than the pool's size allows now
   * @throws IllegalStateException if the pool is closed
   */
  public abstract WarmUp warmUp(int connections, Duration deadline);

  /** Figures of the pool now. Costs a walk over its connections. */
  public abstract PoolStats stats();

  /** Health of the pool now. Sends nothing to the database. */
  public abstract PoolHealth health();

  /**
   * Connections held for longer than {@code leakAfter}, longest first, with the current stacks of
   * their holders. Stops each of these threads for a moment.
   */
  public abstract List<LeakSuspect> leakSuspects();

  /** The last 200 decisions of the tuner, oldest first; none if there is no tuner. */
  public abstract List<TunerDecision> decisions();

  /**
   * Hands out no more connections, waits up to {@code drain} for those in use to come back, and
   * closes the pool; connections still in use then are aborted. A second call does nothing. An
   * interrupt ends the waiting. An attempt to connect that is under way is awaited for {@code
   * acquireTimeout} at most.
   */
  @Override
  public abstract void close();

  /** Collects collaborators. One thread at a time. */
  public static final class Builder {
    final DataSource dataSource;
    PoolConfig config = PoolConfig.defaults();
    @Nullable TunerConfig tuner;
    @Nullable MeterRegistry registry;
    @Nullable Supplier<Credentials> credentials;
    @Nullable RequestDeadline deadline;
    LastStatement lastStatement = connection -> Optional.empty();
    PoolListener listener = new PoolListener() {};
    LongSupplier nanos = System::nanoTime;

    private Builder(DataSource dataSource) {
      this.dataSource = requireNonNull(dataSource, "database");
    }

    /**
     * Default {@link PoolConfig#defaults()}; {@link PoolConfig#of(int)} where the number of the
     * database's processors is known.
     */
    public Builder config(PoolConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /** Has a tuner adapt the size to the load. Default: the size stays. */
    public Builder tuner(TunerConfig settings) {
      tuner = requireNonNull(settings, "settings");
      return this;
    }

    /** Where the meters are registered until the pool is closed. Default: nowhere. */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    /**
     * Credentials of each new connection, for passwords that rotate and tokens that expire. Called
     * at every attempt to connect; open connections stay until {@code maxLifetime}. Default: those
     * of the database's {@code DataSource}.
     */
    public Builder credentials(Supplier<Credentials> source) {
      credentials = requireNonNull(source, "source");
      return this;
    }

    /**
     * Shortens {@link PoolConfig#statementTimeout} to what the request has left, by the query
     * time-out of each statement, in whole seconds rounded up; a request that has none left gets a
     * {@code SQLTimeoutException} instead of a statement. Called when a statement is created, not
     * when it is executed. Default: requests have no deadline.
     */
    public Builder deadline(RequestDeadline source) {
      deadline = requireNonNull(source, "source");
      return this;
    }

    /** Source of the statement that a leak suspect ran last. Default: not known. */
    public Builder lastStatement(LastStatement source) {
      lastStatement = requireNonNull(source, "source");
      return this;
    }

    /** Receives alerts, leak suspects and decisions. Default: none. */
    public Builder listener(PoolListener poolListener) {
      listener = requireNonNull(poolListener, "poolListener");
      return this;
    }

    Builder nanos(LongSupplier elapsed) {
      nanos = elapsed;
      return this;
    }

    /**
     * Asks the server how many connections it allows, opens {@code idle} of them, and starts to
     * watch the pool. Blocks for at most the deadline {@code warmUp} plus the time of one attempt
     * to connect.
     *
     * @throws SizingImpossible if the server allows fewer than nested callers need
     * @throws WarmUpFailed if fewer are open in the end than the policy requires. In both cases
     *     everything is closed again
     * @throws IllegalArgumentException if another pool on the meter registry has the name
     */
    public PoolManager build() {
      StatementLimit limit = new StatementLimit(config.statementTimeout(), deadline);
      ConnectionSource source = new ConnectionSource(dataSource, credentials, limit, nanos);
      return new ColdStart(config, source, nanos)
          .run((pool, warmUp) -> new HikariPoolManager(this, pool, warmUp));
    }
  }
}
