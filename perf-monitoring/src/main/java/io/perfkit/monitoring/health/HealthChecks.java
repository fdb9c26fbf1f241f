package io.perfkit.monitoring.health;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Health checks that run in the background; a probe reads what they found last and blocks for
 * nothing. Thread safe. Keeps one thread, and one for each check while it runs: a check that hangs
 * costs no further one.
 *
 * <p>{@link #live} depends on {@link Heartbeat}s of this process alone, {@link #startup} on the
 * startup checks until each was up once, by the rule of {@link HealthConfig#successes}, {@link
 * #ready} on both startup and readiness checks.
 */
public final class HealthChecks implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(HealthChecks.class);
  private static final long TICK_MILLIS_MAX = 100;

  private final LongSupplier nanos;
  private final List<BackgroundCheck> checks;
  private final List<Heartbeat> heartbeats;
  private final HealthMeters meters;
  private final Executor executor;
  private final @Nullable ThreadPoolExecutor own;
  private final @Nullable ScheduledThreadPoolExecutor ticker;
  private volatile boolean draining;

  private HealthChecks(Builder builder, boolean ticking) {
    this.nanos = builder.nanos;
    this.heartbeats = List.copyOf(builder.heartbeats);
    this.meters = new HealthMeters(builder.registry, builder.name);
    List<BackgroundCheck> made = new ArrayList<>();
    for (Builder.Entry entry : builder.entries) {
      BackgroundCheck check =
          new BackgroundCheck(
              entry.name(),
              entry.group(),
              entry.critical(),
              entry.check(),
              builder.config,
              nanos,
              meters);
      meters.add(check, nanos);
      made.add(check);
    }
    heartbeats.forEach(heartbeat -> meters.add(heartbeat, nanos));
    this.checks = List.copyOf(made);
    this.own = builder.executor == null ? threads(checks.size()) : null;
    this.executor = builder.executor == null ? requireNonNull(own) : builder.executor;
    this.ticker = ticking ? ticker(builder.config) : null;
  }

  /**
   * Each check runs once at a time, but the thread of a run that has just ended may not be free yet
   * when the next one is due.
   */
  private static ThreadPoolExecutor threads(int checks) {
    AtomicInteger number = new AtomicInteger();
    return new ThreadPoolExecutor(
        0,
        2 * Math.max(1, checks),
        30,
        TimeUnit.SECONDS,
        new SynchronousQueue<>(),
        task -> daemon(task, "perf-monitoring-health-" + number.incrementAndGet()));
  }

  private ScheduledThreadPoolExecutor ticker(HealthConfig config) {
    ScheduledThreadPoolExecutor scheduler =
        new ScheduledThreadPoolExecutor(1, task -> daemon(task, "perf-monitoring-health"));
    long period = Math.max(5, Math.min(TICK_MILLIS_MAX, config.timeout().toMillis() / 4));
    var unused = scheduler.scheduleWithFixedDelay(this::tick, 0, period, TimeUnit.MILLISECONDS);
    return scheduler;
  }

  private static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Checks with the default settings, to be added. */
  public static Builder builder() {
    return new Builder();
  }

  /** No checks and no threads: always up, until it drains. */
  public static HealthChecks disabled() {
    return new HealthChecks(builder(), false);
  }

  /** One round over all checks. Does not block. */
  void tick() {
    for (BackgroundCheck check : checks) {
      try {
        check.tick(executor);
      } catch (RuntimeException
          | Error e) { // of the host's executor or registry; the ticker goes on
        LOG.warn("starting the health check '{}' failed", check.name(), e);
      }
    }
  }

  /** Whether the process should go on, or be restarted. */
  public HealthReport live() {
    long now = nanos.getAsLong();
    boolean alive = heartbeats.stream().allMatch(heartbeat -> heartbeat.alive(now));
    return new HealthReport(alive ? HealthStatus.UP : HealthStatus.DOWN);
  }

  /** Whether the instance should get requests. */
  public HealthReport ready() {
    return draining ? new HealthReport(HealthStatus.DOWN) : worst(true);
  }

  /** Whether the instance has started; once it has, always. */
  public HealthReport startup() {
    return worst(false);
  }

  private HealthReport worst(boolean readinessToo) {
    long now = nanos.getAsLong();
    HealthStatus worst = HealthStatus.UP;
    for (BackgroundCheck check : checks) {
      if (check.group() == CheckGroup.STARTUP || (readinessToo && check.critical())) {
        HealthStatus status = check.status(now);
        if (status == HealthStatus.DOWN) {
          return new HealthReport(status);
        }
        worst = status == HealthStatus.UNKNOWN ? status : worst;
      }
    }
    return new HealthReport(worst);
  }

  /**
   * Names, states and reasons of all checks in the order in which they were added, then those of
   * the heartbeats.
   */
  public List<CheckReport> details() {
    long now = nanos.getAsLong();
    return Stream.concat(
            checks.stream().map(check -> check.report(now)),
            heartbeats.stream().map(heartbeat -> heartbeat.report(now)))
        .toList();
  }

  /** From now on it is not ready: for a shutdown, before the server closes. */
  public void drain() {
    draining = true;
  }

  /**
   * Drains and ends the threads. A check that ignores the interrupt keeps its daemon thread until
   * it returns.
   */
  @Override
  public void close() {
    draining = true;
    if (ticker != null) {
      ticker.shutdownNow();
    }
    checks.forEach(BackgroundCheck::close);
    if (own != null) {
      own.shutdownNow();
    }
    meters.close();
  }

  /** Checks and settings. One thread at a time. */
  public static final class Builder {
    private final List<Entry> entries = new ArrayList<>();
    private final List<Heartbeat> heartbeats = new ArrayList<>();
    private HealthConfig config = HealthConfig.defaults();
    private String name = "health";
    private @Nullable MeterRegistry registry;
    private @Nullable Executor executor;
    private LongSupplier nanos = System::nanoTime;

    private record Entry(String name, CheckGroup group, boolean critical, HealthCheck check) {}

    private Builder() {}

    /** How the checks are run. */
    public Builder config(HealthConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /**
     * The tag {@code health} of the meters: {@code health} by default. While another one of that
     * name uses the registry, it is {@code name-2} and so on.
     */
    public Builder name(String text) {
      name = requireNonNull(text, "text");
      return this;
    }

    /** Where the meters of the checks go; none by default. */
    public Builder meterRegistry(MeterRegistry host) {
      registry = requireNonNull(host, "host");
      return this;
    }

    /**
     * Where checks run, such as on virtual threads; by default on threads of its own. It must not
     * run them on the thread that calls it.
     */
    public Builder executor(Executor host) {
      executor = requireNonNull(host, "host");
      return this;
    }

    Builder clock(LongSupplier elapsedNanos) {
      nanos = elapsedNanos;
      return this;
    }

    /** A check without which the instance is not ready. */
    public Builder ready(String name, HealthCheck check) {
      return add(name, CheckGroup.READINESS, true, check);
    }

    /** A check that shows in the details and meters alone. */
    public Builder informative(String name, HealthCheck check) {
      return add(name, CheckGroup.READINESS, false, check);
    }

    /** A check that must have been up once; it then runs no more. */
    public Builder startup(String name, HealthCheck check) {
      return add(name, CheckGroup.STARTUP, true, check);
    }

    /**
     * A loop without whose beats the process is not alive.
     *
     * @return what the loop calls
     */
    public Heartbeat live(String name, Duration maxSilence) {
      Heartbeat heartbeat = new Heartbeat(name, maxSilence, nanos);
      requireNew(name);
      heartbeats.add(heartbeat);
      return heartbeat;
    }

    private Builder add(String name, CheckGroup group, boolean critical, HealthCheck check) {
      requireNonNull(name, "name");
      requireNonNull(check, "check");
      requireNew(name);
      entries.add(new Entry(name, group, critical, check));
      return this;
    }

    private void requireNew(String name) {
      if (entries.stream().anyMatch(entry -> entry.name().equals(name))
          || heartbeats.stream().anyMatch(heartbeat -> heartbeat.name().equals(name))) {
        throw new IllegalArgumentException("name: '" + name + "' (expected: once)");
      }
    }

    /** Starts the checks; each runs at once for the first time. */
    public HealthChecks build() {
      return new HealthChecks(this, true);
    }

    /** The same, run by {@link HealthChecks#tick} alone. */
    HealthChecks buildStill() {
      return new HealthChecks(this, false);
    }
  }
}
