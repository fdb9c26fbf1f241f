package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/**
 * A pool of connections to one database: HikariCP, sized by what the server allows, warmed before
 * it is handed out, watched, resized under load and, if wanted, tuned. The database's {@code
 * DataSource} stays the caller's. Thread safe.
 *
 * <p>It looks at the pool 20 times a second on a thread of its own.
 */
public final class PoolManager implements AutoCloseable {
  private static final long DRAIN_STEP_NANOS = Duration.ofMillis(2).toNanos();
  private static final long THREAD_END_MILLIS = 5_000;

  private final PoolConfig config;
  private final Pool pool;
  private final PoolDataSource source;
  private final @Nullable Tuner tuner;
  private final PoolWatch watch;
  private final @Nullable PoolMeters meters;
  private final ScheduledExecutorService beats;
  private final ReentrantLock warmUps = new ReentrantLock();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final WarmUp coldStart;

  private PoolManager(Builder builder, Pool pool, WarmUp coldStart) {
    this.config = builder.config;
    this.pool = pool;
    this.coldStart = coldStart;
    this.source = new PoolDataSource(pool);
    this.tuner = builder.tuner == null ? null : new Tuner(builder.tuner, pool, new Random());
    this.watch = new PoolWatch(config, pool, builder.lastStatement, builder.listener, tuner);
    this.meters = builder.registry == null ? null : new PoolMeters(builder.registry, this);
    this.beats =
        Executors.newSingleThreadScheduledExecutor(
            task -> {
              Thread thread = new Thread(task, "perf-db-pool-" + config.name());
              thread.setDaemon(true);
              return thread;
            });
    if (meters != null) {
      meters.bind();
    }
    long beat = PoolWatch.BEAT.toMillis();
    var unused = beats.scheduleWithFixedDelay(watch::beat, beat, beat, MILLISECONDS);
  }

  /**
   * A builder.
   *
   * @param database gives a new connection at each call, such as {@code PGSimpleDataSource}; not a
   *     pool. HikariCP sets its login timeout
   */
  public static Builder builder(DataSource database, PoolConfig config) {
    return new Builder(database, config);
  }

  /**
   * The pool, for all who use the database. A connection from it costs what HikariCP's does, one
   * small object and a few atomic steps; {@code unwrap} leads to HikariCP and the driver.
   * HikariCP's {@code maximumPoolSize} is one more than the ceiling and never reached: {@link
   * #stats} tells the size. Blocks for {@code acquireTimeout} at most. What goes wrong is thrown as
   * HikariCP and the driver do; in an outage longer than {@code outageAfter} a {@code
   * SQLTransientConnectionException} at once.
   */
  public DataSource dataSource() {
    return source;
  }

  /** The name by which threads and meters know the pool. */
  public String name() {
    return config.name();
  }

  /** The sizes found when the pool was built. */
  public PoolSizing sizing() {
    return pool.sizing();
  }

  /** What the warm-up came to when the pool was built; nothing wanted if none was asked for. */
  public WarmUp coldStart() {
    return coldStart;
  }

  /**
   * Lets the pool have {@code connections} from now on. Does not wait: callers that are waiting are
   * served as fast as the database lets connect; of the surplus, what is idle is closed at once and
   * the rest when it is given back. Nothing in use is touched. A tuner goes on from there.
   *
   * @throws IllegalArgumentException if it is below the floor that nested acquires need, or above
   *     the ceiling of {@link #sizing}
   * @throws IllegalStateException if the pool is closed, or has a tuner, which would change it
   */
  public void resize(int connections) {
    int floor = watch.floor();
    int ceiling = pool.sizing().ceiling();
    if (connections < floor || connections > ceiling) {
      throw new IllegalArgumentException(
          "connections: %d (expected: %d to %d)".formatted(connections, floor, ceiling));
    }
    if (closed.get() || tuner != null) {
      throw new IllegalStateException(
          "pool '" + name() + "' " + (tuner == null ? "is closed" : "is resized by its tuner"));
    }
    pool.resize(connections);
    try {
      beats.execute(pool.resizer()::settle);
    } catch (RejectedExecutionException e) {
      throw new IllegalStateException("pool '" + name() + "' is closed", e);
    }
  }

  /**
   * Opens connections until the pool has {@code connections}, up to eight side by side, and blocks
   * until they are there or can't be had, for at most {@code deadline}. What is open stays.
   *
   * @throws IllegalArgumentException if the pool may not have that many now
   * @throws IllegalStateException if the pool is closed
   */
  public WarmUp warmUp(int connections, Duration deadline) {
    if (connections < 1 || connections > pool.size()) {
      throw new IllegalArgumentException(
          "connections: %d (expected: 1 to size %d)".formatted(connections, pool.size()));
    }
    if (closed.get()) {
      throw new IllegalStateException("pool '" + name() + "' is closed");
    }
    warmUps.lock();
    try {
      return new WarmingUp(pool, connections, requireNonNull(deadline, "deadline")).run();
    } finally {
      warmUps.unlock();
    }
  }

  /** The pool now. Costs a walk over its connections. */
  public PoolStats stats() {
    return watch.stats();
  }

  /** How the pool stands now. Asks nothing of the database. */
  public PoolHealth health() {
    return watch.health();
  }

  /**
   * Connections held for longer than {@code leakAfter}, longest first, with their holders' stacks
   * of now. Stops each of these threads for a moment.
   */
  public List<LeakSuspect> leakSuspects() {
    return watch.leakSuspects();
  }

  /** The last 200 decisions of the tuner, oldest first; none if there is no tuner. */
  public List<TunerDecision> decisions() {
    return tuner == null ? List.of() : tuner.decisions();
  }

  double decided() {
    return tuner == null ? 0 : tuner.decided();
  }

  /**
   * Hands out no more connections, waits up to {@code drain} for those in use to come back, and
   * closes the pool; what is still in use then is aborted. Does nothing the second time. An
   * interrupt ends the waiting. An attempt to connect that is under way is waited for, for {@code
   * acquireTimeout} at most.
   */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    source.close();
    drain();
    beats.shutdown();
    try {
      boolean unused = beats.awaitTermination(THREAD_END_MILLIS, MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    pool.database().close();
    pool.hikari().close();
    if (meters != null) {
      meters.close();
    }
  }

  private void drain() {
    long start = pool.now();
    while (pool.active() > 0
        && pool.now() - start < config.drain().toNanos()
        && !Thread.currentThread().isInterrupted()) {
      LockSupport.parkNanos(DRAIN_STEP_NANOS);
    }
  }

  /** Collects collaborators. One thread at a time. */
  public static final class Builder {
    private final DataSource dataSource;
    private final PoolConfig config;
    private @Nullable TunerConfig tuner;
    private @Nullable MeterRegistry registry;
    private LastStatement lastStatement = connection -> Optional.empty();
    private PoolListener listener = new PoolListener() {};
    private LongSupplier nanos = System::nanoTime;

    private Builder(DataSource dataSource, PoolConfig config) {
      this.dataSource = requireNonNull(dataSource, "database");
      this.config = requireNonNull(config, "config");
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
     */
    public PoolManager build() {
      return new ColdStart(config, new Database(dataSource, nanos), nanos)
          .run((pool, warmUp) -> new PoolManager(this, pool, warmUp));
    }
  }
}
