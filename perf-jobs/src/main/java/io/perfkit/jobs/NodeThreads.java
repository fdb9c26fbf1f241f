package io.perfkit.jobs;

import static java.util.concurrent.TimeUnit.MILLISECONDS;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.util.Collection;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two threads of a node beside its workers: one renews the lease and does nothing else; the
 * steward watches running jobs and maintains the store. Thread safe.
 */
final class NodeThreads {
  private static final Logger LOG = LoggerFactory.getLogger(NodeThreads.class);
  private static final long BUSY_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long IDLE_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final JobStore store;
  private final JobsConfig config;
  private final NodeLease lease;
  private final Collection<QueueWorkers> queues;
  private final Tally tally;
  private final Optional<JobsMeters> meters;
  private final CronSchedules schedules;
  private final ThreadFactory workerThreads;
  private final LongSupplier nanos;
  private final WorkSignal beatPause = new WorkSignal(1);
  private final WorkSignal stewardPause = new WorkSignal(1);
  private final Thread heartbeat;
  private final Thread steward;
  private volatile boolean stopped;
  private volatile long lastBeat;

  NodeThreads(
      JobStore store,
      JobsConfig config,
      NodeLease lease,
      Collection<QueueWorkers> queues,
      Tally tally,
      Optional<JobsMeters> meters,
      CronSchedules schedules,
      ThreadFactory workerThreads,
      LongSupplier nanos) {
    this.store = store;
    this.config = config;
    this.lease = lease;
    this.queues = queues;
    this.tally = tally;
    this.meters = meters;
    this.schedules = schedules;
    this.workerThreads = workerThreads;
    this.nanos = nanos;
    this.lastBeat = nanos.getAsLong();
    String prefix = "perf-jobs-" + store.application();
    this.heartbeat = daemon(prefix + "-heartbeat", this::beats);
    this.steward = daemon(prefix + "-steward", this::watches);
  }

  private static Thread daemon(String name, Runnable task) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Daemon threads with numbered names. */
  static ThreadFactory platformThreads(String application) {
    AtomicInteger count = new AtomicInteger();
    return task -> daemon("perf-jobs-" + application + "-worker-" + count.incrementAndGet(), task);
  }

  static String hostName() {
    String name = System.getenv("HOSTNAME");
    return name == null || name.isEmpty() ? "host" : name;
  }

  void start() {
    heartbeat.start();
    steward.start();
  }

  Duration sinceHeartbeat() {
    return Duration.ofNanos(nanos.getAsLong() - lastBeat);
  }

  private void beats() {
    long every = config.lease().toNanos() / 3;
    boolean failing = false;
    while (!stopped) {
      beatPause.await(failing ? every / 4 : every);
      if (stopped) {
        return;
      }
      try {
        Set<JobId> cancelled = lease.beat();
        lastBeat = nanos.getAsLong();
        if (failing) {
          LOG.info("jobs of {}: heartbeats are answered again", store.application());
          failing = false;
        }
        if (!cancelled.isEmpty()) {
          queues.forEach(queue -> queue.cancel(cancelled));
        }
      } catch (RuntimeException failed) {
        if (!failing) {
          LOG.warn("jobs of {}: a heartbeat failed, and is repeated", store.application(), failed);
          failing = true;
        }
      }
    }
  }

  private void watches() {
    long every = config.lease().toNanos() / 3;
    long maintained = nanos.getAsLong() - every;
    boolean failing = false;
    while (!stopped) {
      int running = 0;
      try {
        for (QueueWorkers queue : queues) {
          queue.watch(workerThreads);
          running += queue.running();
        }
        schedules.tick(nanos.getAsLong());
        if (nanos.getAsLong() - maintained >= every) {
          maintained = nanos.getAsLong();
          maintain();
          failing = false;
        }
      } catch (RuntimeException failed) {
        if (!failing) {
          LOG.warn("jobs of {}: maintenance failed, and is repeated", store.application(), failed);
          failing = true;
        }
      }
      stewardPause.await(running > 0 ? BUSY_NANOS : IDLE_NANOS);
    }
  }

  private void maintain() {
    Maintained done = store.maintain(config.maxCrashes(), config.keepDead());
    if (done.rescued() > 0) {
      tally.rescued.add(done.rescued());
      LOG.warn(
          "jobs of {}: rescued {} jobs of nodes whose lease expired; {} of them crashed too often"
              + " and are dead letters",
          store.application(),
          done.rescued(),
          done.dead());
    }
    if (meters.isPresent()) {
      meters.get().counted(store.counts(false));
    }
  }

  /** Whether every handler ended within {@code limit}. */
  boolean drain(Duration limit, Duration interruptedWait) {
    Duration all = limit.plus(interruptedWait);
    queues.forEach(queue -> queue.stop(all));
    boolean ended = awaitEnd(limit);
    if (!ended) {
      queues.forEach(QueueWorkers::interruptAll);
      boolean unused = awaitEnd(interruptedWait);
    }
    stopped = true;
    stewardPause.close();
    beatPause.close();
    join(steward, MILLISECONDS.convert(interruptedWait));
    try {
      lease.leave();
    } catch (RuntimeException failed) {
      LOG.warn("jobs of {}: what runs still is left to the lease", store.application(), failed);
    }
    join(heartbeat, MILLISECONDS.convert(interruptedWait));
    return ended;
  }

  private boolean awaitEnd(Duration limit) {
    long until = nanos.getAsLong() + NANOSECONDS.convert(limit);
    try {
      boolean ended = true;
      for (QueueWorkers queue : queues) {
        ended &= queue.awaitEnd(Math.max(0, until - nanos.getAsLong()));
      }
      return ended;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private static void join(Thread thread, long millis) {
    try {
      thread.join(Math.max(1, millis));
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
