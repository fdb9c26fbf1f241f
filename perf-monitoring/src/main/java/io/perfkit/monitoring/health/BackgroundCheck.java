package io.perfkit.monitoring.health;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One check and its runs. One thread at a time calls {@link #tick}, an executor runs it, and any
 * thread reads {@link #state}.
 */
final class BackgroundCheck implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(HealthChecks.class);

  private final String name;
  private final CheckGroup group;
  private final boolean critical;
  private final HealthCheck check;
  private final HealthConfig config;
  private final LongSupplier nanos;
  private final HealthMeters meters;

  /* Invariants
   * H1  at most one run at a time: a run that does not end is followed by no other.
   * H2  a run is interrupted at most once, and only while it runs: under the lock.
   * H3  a run that is overdue counts as down once in each interval; its own result counts no more.
   * H4  after close no run begins, and none counts.
   * Guarded by lock, as far as not volatile. No check runs under it.
   */
  private final Object lock = new Object();
  private boolean running;
  private boolean overdue;
  private boolean closed;
  private long startedAt;
  private long nextAt;
  private @Nullable Thread runner;
  private volatile CheckState state = CheckState.NONE;

  BackgroundCheck(
      String name,
      CheckGroup group,
      boolean critical,
      HealthCheck check,
      HealthConfig config,
      LongSupplier nanos,
      HealthMeters meters) {
    this.name = name;
    this.group = group;
    this.critical = critical;
    this.check = check;
    this.config = config;
    this.nanos = nanos;
    this.meters = meters;
    this.nextAt = nanos.getAsLong();
  }

  /** Starts a run that is due, and ends one that is overdue. Does not block. */
  void tick(Executor executor) {
    synchronized (lock) {
      long now = nanos.getAsLong();
      if (running) {
        endOverdue(now);
        return;
      }
      if (closed || now - nextAt < 0 || isDecided()) {
        return;
      }
      running = true;
      overdue = false;
      startedAt = now;
      nextAt = now + interval();
    }
    boolean started = false;
    try {
      executor.execute(this);
      started = true;
    } catch (RuntimeException | OutOfMemoryError e) {
      LOG.debug("{} check '{}' was rejected, or there is no thread to be had", group, name, e);
    } finally {
      if (!started) {
        rejected();
      }
    }
  }

  private void rejected() {
    synchronized (lock) {
      running = false;
      if (!closed) {
        accept(CheckResult.down("no thread"), nanos.getAsLong());
        meters.ran(name, "rejected", 0);
      }
    }
  }

  private boolean isDecided() {
    return group == CheckGroup.STARTUP && state.status() == HealthStatus.UP;
  }

  private void endOverdue(long now) {
    if (!overdue && now - startedAt >= config.timeout().toNanos()) {
      overdue = true;
      if (runner != null) {
        runner.interrupt();
      }
      accept(CheckResult.down("no answer within " + config.timeout()), now);
      meters.ran(name, "timeout", now - startedAt);
    } else if (overdue && now - nextAt >= 0) {
      nextAt = now + interval();
      accept(CheckResult.down("no answer for " + since(startedAt, now)), now);
    }
  }

  private static Duration since(long start, long now) {
    return Duration.ofSeconds(Duration.ofNanos(now - start).toSeconds());
  }

  private long interval() {
    double factor = 1 + config.jitter() * (2 * ThreadLocalRandom.current().nextDouble() - 1);
    return (long) (config.interval().toNanos() * factor);
  }

  @Override
  public void run() {
    synchronized (lock) {
      if (overdue) { // it waited for a thread for too long
        running = false;
        return;
      }
      runner = Thread.currentThread();
    }
    CheckResult result = CheckResult.down("ended by an error");
    try {
      result = requireNonNull(check.check(), "result");
    } catch (Exception e) {
      result = CheckResult.down(e.getClass().getName());
    } finally {
      finished(result);
    }
  }

  private void finished(CheckResult result) {
    synchronized (lock) {
      runner = null;
      running = false;
      boolean unused = Thread.interrupted(); // ours, which a check may leave behind
      if (!overdue) {
        long now = nanos.getAsLong();
        accept(result, now);
        meters.ran(name, result.healthy() ? "up" : "down", now - startedAt);
      }
    }
  }

  private void accept(CheckResult result, long now) {
    CheckState before = state;
    state = before.after(result, now, config);
    if (state.status() != before.status()) {
      log(before.status());
    }
  }

  private void log(HealthStatus before) {
    CheckState now = state;
    if (now.status() == HealthStatus.DOWN) {
      LOG.warn("{} check '{}' is down: {}", group, name, now.reason());
    } else if (before == HealthStatus.DOWN) {
      LOG.info("{} check '{}' is up again", group, name);
    }
  }

  /** Interrupts a run that is under way; no other follows. */
  void close() {
    synchronized (lock) {
      closed = true;
      if (!overdue && runner != null) { // H2
        runner.interrupt();
      }
      overdue = true;
    }
  }

  String name() {
    return name;
  }

  CheckGroup group() {
    return group;
  }

  boolean critical() {
    return critical;
  }

  HealthStatus status(long now) {
    CheckState read = state;
    return isDecided() ? HealthStatus.UP : read.statusAt(now, config);
  }

  CheckReport report(long now) {
    CheckState read = state;
    Duration age =
        read.status() == HealthStatus.UNKNOWN ? Duration.ZERO : Duration.ofNanos(now - read.at());
    return new CheckReport(name, group, critical, status(now), read.reason(), age);
  }
}
