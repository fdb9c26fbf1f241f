package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** The pool manager on top of HikariCP. Thread safe. */
final class HikariPoolManager extends PoolManager {
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

  HikariPoolManager(Builder builder, Pool pool, WarmUp coldStart) {
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

  @Override
  public DataSource dataSource() {
    return source;
  }

  @Override
  public String name() {
    return config.name();
  }

  @Override
  public PoolSizing sizing() {
    return pool.sizing();
  }

  @Override
  public WarmUp coldStart() {
    return coldStart;
  }

  @Override
  public void resize(int connections) {
    int floor = watch.floor();
    int ceiling = pool.sizing().maxSize();
    if (connections < floor || connections > ceiling) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "connections: %d (expected: %d to %d)", connections, floor, ceiling));
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

  @Override
  public WarmUp warmUp(int connections, Duration deadline) {
    if (connections < 1 || connections > pool.size()) {
      throw new IllegalArgumentException(
          String.format(
              Locale.ROOT, "connections: %d (expected: 1 to size %d)", connections, pool.size()));
    }
    if (closed.get()) {
      throw new IllegalStateException("pool '" + name() + "' is closed");
    }
    warmUps.lock();
    try {
      return new WarmUpRun(pool, connections, requireNonNull(deadline, "deadline")).run();
    } finally {
      warmUps.unlock();
    }
  }

  @Override
  public PoolStats stats() {
    return watch.stats();
  }

  @Override
  public PoolHealth health() {
    return watch.health();
  }

  @Override
  public List<LeakSuspect> leakSuspects() {
    return watch.leakSuspects();
  }

  @Override
  public List<TunerDecision> decisions() {
    return tuner == null ? List.of() : tuner.decisions();
  }

  double decided() {
    return tuner == null ? 0 : tuner.decided();
  }

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
    pool.source().close();
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
}
