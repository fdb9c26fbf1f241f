package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import java.sql.Connection;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Background jobs of an application: stores them, and runs their handlers on workers of this node.
 * Thread safe.
 *
 * <p>A job that was stored runs at least once, and is completed exactly once: when a node dies or
 * freezes, another one takes its jobs after the lease, and what the first one reports later changes
 * nothing.
 *
 * <p>A node that only produces never calls {@link #start}. One that runs jobs registers its
 * handlers first, starts when the host is ready, and closes before the host closes what the
 * handlers use.
 */
public final class Jobs implements AutoCloseable {
  private static final Duration INTERRUPTED_WAIT = Duration.ofSeconds(1);

  private final JobStore store;
  private final JobsConfig config;
  private final Optional<JobsMeters> meters;
  private final ThreadFactory threads;
  private final LongSupplier nanos;
  private final boolean byHand;
  private final NodeLease lease;
  private final Map<String, Registered<?>> types = new ConcurrentHashMap<>();
  private final Map<String, QueueWorkers> queues = new ConcurrentHashMap<>();
  private final Tally tally = new Tally();
  private final JobRunner runner;
  private final Producer producer;
  private final CronSchedules schedules;
  private final ReentrantLock changing = new ReentrantLock();
  private volatile @Nullable NodeThreads node;
  private volatile State state = State.NEW;

  private enum State {
    NEW,
    STARTED,
    STOPPED
  }

  private Jobs(Builder builder) {
    this.store = builder.store;
    this.config = builder.config;
    this.threads = builder.threads;
    this.nanos = builder.nanos;
    this.byHand = builder.byHand;
    this.meters =
        Optional.ofNullable(builder.registry)
            .map(registry -> new JobsMeters(registry, store.application()));
    this.lease = new NodeLease(store, builder.node, config.lease());
    this.runner = new JobRunner(builder.codec);
    this.producer =
        new Producer(
            store, config, builder.codec, new JobIds(builder.wallClock), types, runner, nanos);
    this.schedules = new CronSchedules(store);
    lease.onFenced(owner -> queues.values().forEach(queue -> queue.fenced(owner)));
    store.onWork(this::wake);
  }

  /**
   * Jobs in the heap of this process: the same API and guarantees, but for the end of the process,
   * with which they are gone. Payloads are not encoded.
   *
   * @param application a name for meters
   */
  public static Jobs local(String application) {
    return localBuilder(application).build();
  }

  /** A builder for {@link #local}. */
  public static Builder localBuilder(String application) {
    return new Builder(new MemoryStore(application, System::nanoTime, InstantSource.system()));
  }

  /** Jobs with the default settings; closing them closes the store. */
  public static Jobs create(JobStore store) {
    return builder(store).build();
  }

  /** A builder for jobs in a store. */
  public static Builder builder(JobStore store) {
    return new Builder(requireNonNull(store, "store"));
  }

  /**
   * Says what runs jobs of a type on this node.
   *
   * @throws IllegalStateException after {@link #start}, or if the type has a handler
   */
  public <T> Jobs handle(JobType<T> type, JobHandler<T> handler) {
    requireNonNull(handler, "handler");
    changing.lock();
    try {
      if (state != State.NEW) {
        throw new IllegalStateException(
            "handler of " + type + ": the node was started (expected: handle before start)");
      }
      if (types.putIfAbsent(type.name(), new Registered<>(type, handler)) != null) {
        throw new IllegalStateException("handler of " + type + ": the type has one already");
      }
      return this;
    } finally {
      changing.unlock();
    }
  }

  /**
   * Stores a job at each time of a cron expression, by the store's clock. Every node that is
   * started does so, and each time becomes one job, whatever the number of nodes. A time at which
   * no node runs is passed over.
   *
   * @param name 1 to 100 letters, digits, dots, dashes and underscores; the same on all nodes
   * @throws IllegalStateException after {@link #start}, or if the name is taken
   */
  public <T> Jobs cron(String name, Cron cron, JobType<T> type, T payload) {
    return cron(name, cron, Duration.ZERO, type, payload);
  }

  /**
   * Stores a job at each time of a cron expression.
   *
   * @param catchUp how old a time may be at which no node ran: a node that starts stores a job for
   *     the last one, once; 0 to 30 days
   * @see #cron(String, Cron, JobType, Object)
   */
  public <T> Jobs cron(String name, Cron cron, Duration catchUp, JobType<T> type, T payload) {
    requireNonNull(cron, "cron");
    requireNonNull(payload, "payload");
    changing.lock();
    try {
      if (state != State.NEW) {
        throw new IllegalStateException(
            "schedule " + name + ": the node was started (expected: cron before start)");
      }
      schedules.add(
          name,
          cron,
          catchUp,
          type.queue(),
          () -> producer.job(type, payload, JobOptions.NONE, type.attempts()));
      return this;
    } finally {
      changing.unlock();
    }
  }

  /**
   * Begins to run jobs: one heartbeat thread, one steward, and the workers of each queue that has a
   * handler. Calls the store once.
   *
   * @throws IllegalStateException if called twice
   * @throws StoreFailed if the store does not answer
   */
  public Jobs start() {
    changing.lock();
    try {
      if (state != State.NEW) {
        throw new IllegalStateException("start: " + state + " (expected: once, before close)");
      }
      if (byHand) {
        throw new IllegalStateException("start: a JobsTestKit runs jobs by runDue()");
      }
      lease.join();
      Set<String> names = new HashSet<>();
      types.values().forEach(registered -> names.add(registered.type().queue()));
      if (store.keepsObjects()) {
        names.add(QueueConfig.DEFAULT_QUEUE);
      }
      for (String name : names) {
        queues.put(name, workersOf(name));
        meters.ifPresent(all -> all.queue(name));
      }
      NodeThreads started =
          new NodeThreads(
              store, config, lease, queues.values(), tally, meters, schedules, threads, nanos);
      node = started;
      state = State.STARTED;
      queues.values().forEach(queue -> queue.start(threads));
      started.start();
      return this;
    } finally {
      changing.unlock();
    }
  }

  private QueueWorkers workersOf(String queue) {
    Map<String, Registered<?>> own = new ConcurrentHashMap<>();
    types.forEach(
        (name, registered) -> {
          if (registered.type().queue().equals(queue)) {
            own.put(name, registered);
          }
        });
    return new QueueWorkers(queue, store, lease, own, runner, config, this::ran, nanos);
  }

  private void ran(ClaimedJob job, Outcome outcome, long took) {
    tally.attempted(outcome);
    meters.ifPresent(all -> all.ran(job, outcome, took));
  }

  private void wake(String queue) {
    QueueWorkers workers = queues.get(queue);
    if (workers != null) {
      workers.signal();
    }
  }

  /**
   * Stores a job. One call of the store.
   *
   * @throws QueueFull if the queue is full, by its {@link Overflow}
   * @throws StoreFailed if the store failed; the job may be stored then
   * @throws IllegalArgumentException if the payload can't be encoded or is too long
   */
  public <T> Enqueued enqueue(JobType<T> type, T payload) {
    return enqueue(type, payload, JobOptions.NONE);
  }

  /**
   * Stores a job with options: {@code jobs.enqueue(EMAIL, mail, o -> o.key(userId))}.
   *
   * @throws QueueFull if the queue is full, by its {@link Overflow}
   * @throws StoreFailed if the store failed; the job may be stored then
   * @throws IllegalArgumentException if the payload can't be encoded or is too long
   */
  public <T> Enqueued enqueue(JobType<T> type, T payload, UnaryOperator<JobOptions> options) {
    return enqueue(type, payload, options.apply(JobOptions.NONE));
  }

  private <T> Enqueued enqueue(JobType<T> type, T payload, JobOptions options) {
    requireNonNull(payload, "payload");
    NewJob job = producer.job(type, payload, options, type.attempts());
    return enqueue(type, List.of(job)).get(0);
  }

  /**
   * Stores jobs in the order of the list, 500 in one call of the store.
   *
   * @return one answer per payload, in their order
   * @throws QueueFull if the queue is full, by its {@link Overflow}; the first {@link
   *     QueueFull#stored} are stored
   * @throws StoreFailed if the store failed; each of them may be stored then
   */
  public <T> List<Enqueued> enqueueAll(JobType<T> type, List<? extends T> payloads) {
    return enqueueAll(type, payloads, options -> options);
  }

  /**
   * Stores jobs with the same options for each.
   *
   * @return one answer per payload, in their order
   * @throws QueueFull if the queue is full, by its {@link Overflow}; the first {@link
   *     QueueFull#stored} are stored
   * @throws StoreFailed if the store failed; each of them may be stored then
   */
  public <T> List<Enqueued> enqueueAll(
      JobType<T> type, List<? extends T> payloads, UnaryOperator<JobOptions> options) {
    JobOptions same = options.apply(JobOptions.NONE);
    List<NewJob> jobs = new ArrayList<>(payloads.size());
    for (T payload : payloads) {
      jobs.add(producer.job(type, requireNonNull(payload, "payload"), same, type.attempts()));
    }
    return enqueue(type, jobs);
  }

  private List<Enqueued> enqueue(JobType<?> type, List<NewJob> jobs) {
    if (state == State.STOPPED) {
      throw new IllegalStateException("enqueue: closed (expected: before close)");
    }
    List<Enqueued> all = producer.enqueue(type.queue(), jobs);
    int duplicates = 0;
    for (Enqueued one : all) {
      duplicates += one.duplicate() ? 1 : 0;
    }
    int stored = all.size() - duplicates;
    tally.enqueued.add(stored);
    tally.duplicates.add(duplicates);
    meters.ifPresent(meter -> meter.enqueued(type, stored));
    return all;
  }

  /**
   * Stores a job in a transaction of the host: the job is there if and only if the transaction
   * commits. Neither commits, rolls back nor closes.
   *
   * @param connection with auto-commit off, to the database of the store
   * @throws QueueFull if the queue is full, whatever its {@link Overflow}
   * @throws StoreFailed if a statement failed; the transaction is to be rolled back
   * @throws IllegalStateException if the store is no database, or the connection commits by itself
   */
  public <T> Enqueued enqueue(Connection connection, JobType<T> type, T payload) {
    return enqueue(connection, type, payload, options -> options);
  }

  /**
   * Stores a job with options in a transaction of the host.
   *
   * @see #enqueue(Connection, JobType, Object)
   */
  public <T> Enqueued enqueue(
      Connection connection, JobType<T> type, T payload, UnaryOperator<JobOptions> options) {
    requireNonNull(payload, "payload");
    JobOptions chosen = options.apply(JobOptions.NONE);
    return producer.enqueue(
        connection, type.queue(), producer.job(type, payload, chosen, type.attempts()));
  }

  /**
   * Runs a job that carries its own code, in the queue {@code default}.
   *
   * @throws IllegalStateException if these jobs are not {@link #local}
   * @throws QueueFull if the queue is full, by its {@link Overflow}
   */
  public Enqueued submit(Job job) {
    requireNonNull(job, "job");
    if (!store.keepsObjects()) {
      throw new IllegalStateException(
          "submit: the store outlives this process, and the code of a Job does not (expected: a"
              + " JobType with a payload)");
    }
    JobType<Job> type = typeOf(job);
    JobOptions options = JobOptions.NONE.priority(job.priority());
    return enqueue(type, List.of(producer.job(type, job, options, job.retryCount() + 1))).get(0);
  }

  private JobType<Job> typeOf(Job job) {
    JobType<Job> type = JobType.of(job.type(), Job.class);
    Registered<?> known =
        types.computeIfAbsent(
            type.name(), name -> new Registered<>(type, (payload, context) -> run(payload)));
    if (known.type().payload() != Job.class) {
      throw new IllegalArgumentException(
          "type: " + type + " is a JobType with a payload (expected: another name)");
    }
    QueueWorkers workers = queues.get(QueueConfig.DEFAULT_QUEUE);
    if (workers != null) {
      workers.add(known);
    }
    return type;
  }

  private static void run(Job job) throws Exception {
    try {
      job.execute();
    } catch (JobException decided) {
      throw decided;
    } catch (Throwable thrown) {
      if (!job.shouldRetry(thrown)) {
        throw new DeadLetterJob("not to be retried", thrown);
      }
      throw thrown;
    }
  }

  /**
   * Removes a job that has not started, or asks the node that runs it to stop: its next heartbeat
   * interrupts the handler.
   *
   * @return whether the job was there
   */
  public boolean cancel(JobId id) {
    return store.cancel(requireNonNull(id, "id"));
  }

  /**
   * The newest dead letters of a queue, newest first.
   *
   * @param max 1 to 1,000
   */
  public List<DeadLetter> deadLetters(String queue, int max) {
    if (max < 1 || max > 1_000) {
      throw new IllegalArgumentException("max: " + max + " (expected: 1 to 1000)");
    }
    return store.deadLetters(queue, max);
  }

  /**
   * Makes a dead letter a job again, with all its attempts, whether or not its queue is full.
   *
   * @return whether it was there
   */
  public boolean replay(JobId id) {
    return store.replay(requireNonNull(id, "id"));
  }

  /**
   * Deletes a dead letter.
   *
   * @return whether it was there
   */
  public boolean deleteDead(JobId id) {
    return store.deleteDead(requireNonNull(id, "id"));
  }

  /** Compares what was stored and claimed with what ended, over all nodes. */
  public AuditReport audit() {
    return new AuditReport(store.counts(true));
  }

  /** What this node has done. Calls no store. */
  public JobsStats stats() {
    long stale = 0;
    int running = 0;
    for (QueueWorkers queue : queues.values()) {
      stale += queue.stale();
      running += queue.running();
    }
    return tally.stats(stale, running);
  }

  /** Whether this node can run jobs. Calls no store. */
  public JobsHealth health() {
    NodeThreads threadsNow = node;
    if (threadsNow == null || state != State.STARTED) {
      return new JobsHealth(state == State.NEW, false, Duration.ZERO, Set.of());
    }
    Set<String> failing = new HashSet<>();
    queues.forEach(
        (name, queue) -> {
          if (queue.failing()) {
            failing.add(name);
          }
        });
    Duration since = threadsNow.sinceHeartbeat();
    boolean healthy = failing.isEmpty() && since.compareTo(config.lease()) < 0;
    return new JobsHealth(healthy, true, since, failing);
  }

  /** The settings. */
  public JobsConfig config() {
    return config;
  }

  JobStore store() {
    return store;
  }

  JobRunner runner() {
    return runner;
  }

  CronSchedules schedules() {
    return schedules;
  }

  Map<String, Registered<?>> types() {
    return types;
  }

  /**
   * Stops taking jobs, returns those that have not started, and waits for those that run. Handlers
   * that still run after {@code limit} are interrupted and their jobs returned, neither of which
   * counts as a failure. Takes no more than {@code limit} and two seconds.
   *
   * @return whether every handler ended by itself
   */
  public boolean drain(Duration limit) {
    changing.lock();
    try {
      NodeThreads running = node;
      State before = state;
      state = State.STOPPED;
      return before != State.STARTED || running == null || running.drain(limit, INTERRUPTED_WAIT);
    } finally {
      changing.unlock();
    }
  }

  /** {@link #drain Drains} for {@link JobsConfig#drain}, and closes the store. */
  @Override
  public void close() {
    boolean unused = drain(config.drain());
    meters.ifPresent(JobsMeters::close);
    store.close();
  }

  /** Collects what {@link Jobs} may have besides a store. One thread at a time. */
  public static final class Builder {
    private final JobStore store;
    private JobsConfig config = JobsConfig.defaults();
    private PayloadCodec codec = PayloadCodec.json();
    private @Nullable MeterRegistry registry;
    private LongSupplier nanos = System::nanoTime;
    private InstantSource wallClock = InstantSource.system();
    private String node = ProcessHandle.current().pid() + "@" + NodeThreads.hostName();
    private ThreadFactory threads;
    private boolean byHand;

    private Builder(JobStore store) {
      this.store = store;
      this.threads = NodeThreads.platformThreads(store.application());
    }

    /** Other settings. */
    public Builder config(JobsConfig settings) {
      config = requireNonNull(settings, "config");
      return this;
    }

    /** What makes bytes of payloads; {@link PayloadCodec#json} unless set. */
    public Builder codec(PayloadCodec other) {
      codec = requireNonNull(other, "codec");
      return this;
    }

    /** Where meters are registered; nothing is recorded unless set. */
    public Builder meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    /**
     * What makes the threads of the workers; {@code Thread.ofVirtual().factory()} runs handlers on
     * virtual threads.
     */
    public Builder threads(ThreadFactory factory) {
      threads = requireNonNull(factory, "threads");
      return this;
    }

    /** The name of this node in the store; process id and host unless set. */
    public Builder node(String name) {
      node = JobOptions.named("node", name);
      return this;
    }

    Builder clocks(LongSupplier elapsed, InstantSource wall) {
      nanos = elapsed;
      wallClock = wall;
      return this;
    }

    /** Jobs that never start threads. */
    Builder byHand() {
      byHand = true;
      return this;
    }

    /** The jobs, not started. */
    public Jobs build() {
      return new Jobs(this);
    }
  }
}
