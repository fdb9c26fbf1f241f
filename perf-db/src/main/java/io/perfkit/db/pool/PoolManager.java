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
 * A pool of connections to one database: HikariCP, sized by what the server allows, warmed before
 * it is handed out, watched, resized under load and, if wanted, tuned by hill climbing. The
 * database's {@code DataSource} stays the caller's. Thread safe.
 *
 * <p>It looks at the pool 20 times a second on a thread of its own.
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
   * The pool, for all who use the database. A connection from it costs what HikariCP's does, one
   * small object and a few atomic steps; {@code unwrap} leads to HikariCP and the driver.
   * HikariCP's {@code maximumPoolSize} is one more than {@code maxSize} and never reached: {@link
   * #stats} tells the size. Blocks for {@code acquireTimeout} at most. What goes wrong is thrown as
   * HikariCP and the driver do; in an outage longer than {@code outageAfter} a {@code
   * SQLTransientConnectionException} at once.
   */
  public abstract DataSource dataSource();

  /** The name by which threads and meters know the pool. */
  public abstract String name();

  /** The sizes found when the pool was built. */
  public abstract PoolSizing sizing();

  /** What the warm-up came to when the pool was built; nothing wanted if none was asked for. */
  public abstract WarmUp coldStart();

  /**
   * Lets the pool have {@code connections} from now on. Does not wait: callers that are waiting are
   * served as fast as the database lets connect; of the surplus, what is idle is closed at once and
   * the rest when it is given back. Nothing in use is touched. A tuner goes on from there.
   *
   * @throws IllegalArgumentException if it is below {@code minSize}, which nested acquires need, or
   *     above {@code maxSize} of {@link #sizing}
   * @throws IllegalStateException if the pool is closed, or has a tuner, which would change it
   */
  public abstract void resize(int connections);

  /**
   * Opens connections until the pool has {@code connections}, up to eight side by side, and blocks
   * until they are there or can't be had, for at most {@code deadline}. What is open stays.
   *
   * @throws IllegalArgumentException if the pool may not have that many now
   * @throws IllegalStateException if the pool is closed
   */
  public abstract WarmUp warmUp(int connections, Duration deadline);

  /** The pool now. Costs a walk over its connections. */
  public abstract PoolStats stats();

  /** How the pool stands now. Asks nothing of the database. */
  public abstract PoolHealth health();

  /**
   * Connections held for longer than {@code leakAfter}, longest first, with their holders' stacks
   * of now. Stops each of these threads for a moment.
   */
  public abstract List<LeakSuspect> leakSuspects();

  /** The last 200 decisions of the tuner, oldest first; none if there is no tuner. */
  public abstract List<TunerDecision> decisions();

  /**
   * Hands out no more connections, waits up to {@code drain} for those in use to come back, and
   * closes the pool; what is still in use then is aborted. Does nothing the second time. An
   * interrupt ends the waiting. An attempt to connect that is under way is waited for, for {@code
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

    /** Has the size follow the load. Default: it stays. */
    public Builder tuner(TunerConfig settings) {
      tuner = requireNonNull(settings, "settings");
      return this;
    }

    /** Where meters go, and are removed from when the pool is closed. Default: nowhere. */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    /**
     * With what each new connection logs in, for passwords that rotate and tokens that expire. It
     * is asked at every attempt to connect; connections that are open stay until {@code
     * maxLifetime}. Default: as the database's {@code DataSource} logs in.
     */
    public Builder credentials(Supplier<Credentials> source) {
      credentials = requireNonNull(source, "source");
      return this;
    }

    /**
     * Shortens {@link PoolConfig#statementTimeout} to what the request has left, by the query
     * time-out of each statement, in whole seconds rounded up; a request that has none left gets no
     * statement but a {@code SQLTimeoutException}. It is asked when a statement is made, not when
     * it is executed. Default: requests have no deadline.
     */
    public Builder deadline(RequestDeadline source) {
      deadline = requireNonNull(source, "source");
      return this;
    }

    /** What leak suspects ran last. Default: not known. */
    public Builder lastStatement(LastStatement source) {
      lastStatement = requireNonNull(source, "source");
      return this;
    }

    /** Hears of alerts, leak suspects and decisions. Default: nobody does. */
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
     * watch. Blocks for at most the deadline {@code warmUp}, and what one attempt to connect takes
     * beyond it.
     *
     * @throws SizingImpossible if the server allows fewer than nested callers need
     * @throws WarmUpFailed if fewer are open in the end than the policy wants. In both cases all is
     *     closed again
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
