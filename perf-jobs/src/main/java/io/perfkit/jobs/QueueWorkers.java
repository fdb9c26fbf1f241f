package io.perfkit.jobs;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The workers of one queue on this node: how many jobs they claim at once, and what they share.
 * Thread safe.
 */
final class QueueWorkers {
  private static final Logger LOG = LoggerFactory.getLogger(QueueWorkers.class);

  /** A claim takes jobs for about this long, by their average duration. */
  private static final long BATCH_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  /** A job that runs longer keeps nothing of its worker waiting. */
  private static final long LONG_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  private static final long RETRY_NANOS_MIN = TimeUnit.MILLISECONDS.toNanos(20);
  private static final long RETRY_NANOS_MAX = TimeUnit.SECONDS.toNanos(2);
  private static final double WEIGHT_OF_LAST = 0.1;

  private final String name;
  private final JobStore store;
  private final NodeLease lease;
  private final Map<String, Registered<?>> types;
  private final JobRunner runner;
  private final JobsConfig config;
  private final Listener listener;
  private final LongSupplier nanos;
  private final ClassLoader loader;
  private final ClaimOrder order = new ClaimOrder();
  private final WorkSignal signal;
  private final List<Worker> workers = new CopyOnWriteArrayList<>();
  private final AtomicLong failures = new AtomicLong();
  private final LongAdder stale = new LongAdder();
  private volatile double averageNanos = BATCH_NANOS;
  private volatile boolean stopping;
  private volatile long deadline = Long.MAX_VALUE;
  private volatile boolean failing;

  /** Is told of each attempt. */
  interface Listener {
    void ran(ClaimedJob job, Outcome outcome, long nanos);
  }

  /** What a step brought; nothing, if the store did not answer. */
  record Claimed(boolean failed, List<ClaimedJob> jobs, long nextDueMillis) {
    static final Claimed FAILED = new Claimed(true, List.of(), Long.MAX_VALUE);
  }

  QueueWorkers(
      String name,
      JobStore store,
      NodeLease lease,
      Map<String, Registered<?>> types,
      JobRunner runner,
      JobsConfig config,
      Listener listener,
      LongSupplier nanos) {
    this.name = name;
    this.store = store;
    this.lease = lease;
    this.types = types;
    this.runner = runner;
    this.config = config;
    this.listener = listener;
    this.nanos = nanos;
    this.signal = new WorkSignal(config.queue(name).workers());
    ClassLoader mine = Thread.currentThread().getContextClassLoader();
    this.loader = mine == null ? QueueWorkers.class.getClassLoader() : mine;
  }

  void start(ThreadFactory threads) {
    for (int i = 0; i < config.queue(name).workers(); i++) {
      startOne(threads);
    }
  }

  private void startOne(ThreadFactory threads) {
    Worker worker = new Worker(this, loader);
    workers.add(worker);
    threads.newThread(worker).start();
  }

  String name() {
    return name;
  }

  JobRunner runner() {
    return runner;
  }

  long now() {
    return nanos.getAsLong();
  }

  JobContext context(ClaimedJob job) {
    return new JobContext(job, store);
  }

  Registered<?> registered(ClaimedJob job) {
    Registered<?> registered = types.get(job.type());
    if (registered == null) {
      throw new IllegalStateException("claimed a job of type " + job.type() + ", not asked for");
    }
    return registered;
  }

  /** One more type, found while the queue runs. */
  void add(Registered<?> registered) {
    types.putIfAbsent(registered.type().name(), registered);
  }

  void signal() {
    signal.signal();
  }

  /** Reports claims, and takes as many jobs as about 20 ms of work have. */
  Claimed step(List<Completion> completions) {
    int places = (int) Math.max(1, Math.min(config.maxBatch(), BATCH_NANOS / averageNanos));
    long owner = lease.owner();
    ClaimRequest claim =
        new ClaimRequest(name, lease.nextClaim(), types.keySet(), order.next(places));
    StepReply reply;
    try {
      reply = store.step(owner, completions, claim);
    } catch (RuntimeException failed) {
      lease.lost(owner, claim.claim());
      failed("claim", failed);
      return Claimed.FAILED;
    }
    answered(completions, reply, owner);
    if (reply.claimed().size() == places) {
      signal.signal(); // there may be more for another worker
    }
    return new Claimed(false, ClaimOrder.interleaved(reply.claimed()), reply.nextDueMillis());
  }

  /** Reports claims alone; whether the store answered. */
  boolean report(List<Completion> completions) {
    if (completions.isEmpty()) {
      return true;
    }
    long owner = lease.owner();
    try {
      answered(completions, store.step(owner, completions, null), owner);
      return true;
    } catch (RuntimeException failed) {
      failed("report", failed);
      return false;
    }
  }

  private void answered(List<Completion> completions, StepReply reply, long owner) {
    failures.set(0);
    if (failing) {
      failing = false;
      LOG.info("queue {}: the store answers again", name);
    }
    for (int i = 0; i < completions.size(); i++) {
      if (!reply.accepted().get(i) && !completions.get(i).quiet()) {
        stale.increment();
      }
    }
    if (reply.fenced() && !stopping) {
      rejoin(owner);
    }
  }

  private void rejoin(long owner) {
    try {
      lease.fenced(owner);
    } catch (RuntimeException failed) {
      failed("join", failed);
    }
  }

  private void failed(String what, RuntimeException failure) {
    failures.incrementAndGet();
    if (!failing) {
      failing = true;
      LOG.warn("queue {}: the store failed to {}, which is repeated", name, what, failure);
    }
  }

  /** Waits after a failure: longer each time, at random. */
  void awaitRetry() {
    long doublings = Math.min(10, failures.get());
    long most = Math.min(RETRY_NANOS_MAX, RETRY_NANOS_MIN << doublings);
    long pause = RETRY_NANOS_MIN + ThreadLocalRandom.current().nextLong(most);
    new WorkSignal(1).await(stopping ? Math.min(pause, LONG_NANOS) : pause);
  }

  void awaitWork(long nextDueMillis) {
    long poll = config.poll().toNanos();
    long due =
        nextDueMillis > config.poll().toMillis()
            ? poll
            : Math.max(1, TimeUnit.MILLISECONDS.toNanos(nextDueMillis));
    signal.await(Math.min(poll, due));
  }

  void ran(ClaimedJob job, Outcome outcome, long took) {
    double average = averageNanos;
    averageNanos = Math.max(1_000, average + WEIGHT_OF_LAST * (took - average));
    listener.ran(job, outcome, took);
  }

  /** Looks after the jobs that run; called again and again. */
  void watch(ThreadFactory threads) {
    long now = now();
    for (Worker worker : List.copyOf(workers)) {
      if (worker.watch(now, LONG_NANOS, config.grace().toNanos(), stopping)) {
        workers.remove(worker);
        LOG.warn(
            "queue {}: a handler ignores its time-out and interrupt; its worker is replaced, its"
                + " thread stays until the handler ends",
            name);
        startOne(threads);
      }
    }
  }

  void cancel(Set<JobId> ids) {
    workers.forEach(worker -> worker.cancel(ids));
  }

  void fenced(long owner) {
    workers.forEach(worker -> worker.fenced(owner));
  }

  int running() {
    int running = 0;
    for (Worker worker : workers) {
      running += worker.running() ? 1 : 0;
    }
    return running;
  }

  long stale() {
    return stale.sum();
  }

  boolean failing() {
    return failing;
  }

  boolean stopping() {
    return stopping;
  }

  boolean pastDeadline() {
    return now() - deadline > 0;
  }

  /** No worker claims any more; each ends when its job has. */
  void stop(Duration limit) {
    deadline = now() + NANOSECONDS.convert(limit);
    stopping = true;
    signal.close();
  }

  /** Waits for the workers; whether all ended. */
  boolean awaitEnd(long waitNanos) throws InterruptedException {
    long until = now() + waitNanos;
    for (Worker worker : workers) {
      if (!worker.ended().await(Math.max(0, until - now()), TimeUnit.NANOSECONDS)) {
        return false;
      }
    }
    return true;
  }

  void interruptAll() {
    workers.forEach(worker -> worker.cancelCurrent(CancelReason.SHUTDOWN));
  }
}
