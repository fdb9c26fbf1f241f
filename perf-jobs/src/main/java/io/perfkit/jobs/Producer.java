package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/** Stores jobs, and does what a queue's {@link Overflow} says when it is full. Thread safe. */
final class Producer {
  /** One call of the store takes no more than this. */
  static final int MAX_JOBS = 500;

  private static final long MAX_BYTES = 4 << 20;

  private final JobStore store;
  private final JobsConfig config;
  private final PayloadCodec codec;
  private final JobIds ids;
  private final Map<String, Registered<?>> types;
  private final JobRunner runner;
  private final LongSupplier nanos;

  Producer(
      JobStore store,
      JobsConfig config,
      PayloadCodec codec,
      JobIds ids,
      Map<String, Registered<?>> types,
      JobRunner runner,
      LongSupplier nanos) {
    this.store = store;
    this.config = config;
    this.codec = codec;
    this.ids = ids;
    this.types = types;
    this.runner = runner;
    this.nanos = nanos;
  }

  <T> NewJob job(JobType<T> type, T payload, JobOptions options, int attempts) {
    return new NewJob(
        ids.next(),
        type.name(),
        type.version(),
        options.priority().orElse(type.priority()),
        options.keyOrNull(),
        type.perKey(),
        options.uniqueOrNull(),
        options.uniqueMillis(),
        options.delayMillis(),
        attempts,
        options.headers(),
        encoded(type, payload));
  }

  private <T> Object encoded(JobType<T> type, T payload) {
    if (!type.payload().isInstance(payload)) {
      throw new IllegalArgumentException(
          "payload: a "
              + payload.getClass().getName()
              + " (expected: "
              + type.payload().getName()
              + ")");
    }
    if (store.keepsObjects()) {
      return payload;
    }
    byte[] bytes = codec.encode(payload);
    if (bytes.length > config.maxPayloadBytes()) {
      throw new IllegalArgumentException(
          "payload of type "
              + type
              + ": "
              + bytes.length
              + " bytes (expected: at most JobsConfig.maxPayloadBytes, "
              + config.maxPayloadBytes()
              + "; store large data elsewhere and pass its key)");
    }
    return bytes;
  }

  /** Stores jobs of one queue, in chunks of bounded size. */
  List<Enqueued> enqueue(String queue, List<NewJob> jobs) {
    List<Enqueued> all = new ArrayList<>(jobs.size());
    int from = 0;
    while (from < jobs.size()) {
      int to = from + 1;
      long bytes = bytes(jobs.get(from));
      while (to < jobs.size() && to - from < MAX_JOBS && bytes + bytes(jobs.get(to)) <= MAX_BYTES) {
        bytes += bytes(jobs.get(to));
        to++;
      }
      chunk(queue, jobs.subList(from, to), all, jobs.size());
      from = to;
    }
    return all;
  }

  /** Stores a job in a transaction of the host. */
  Enqueued enqueue(Connection connection, String queue, NewJob job) {
    try {
      if (connection.getAutoCommit()) {
        throw new IllegalStateException(
            "connection: commits by itself (expected: one in a transaction)");
      }
    } catch (SQLException failed) {
      throw new StoreFailed("the connection of the transaction failed", failed);
    }
    int capacity = config.queue(queue).capacity();
    Stored stored = store.enqueue(connection, queue, capacity, List.of(job)).get(0);
    if (stored.kind() == Stored.Kind.FULL) {
      throw new QueueFull(queue, capacity, 0, 1);
    }
    return enqueued(job, stored);
  }

  private static long bytes(NewJob job) {
    return job.payload() instanceof byte[] bytes ? bytes.length : 0;
  }

  private void chunk(String queue, List<NewJob> jobs, List<Enqueued> all, int asked) {
    QueueConfig limits = config.queue(queue);
    long deadline = nanos.getAsLong() + limits.maxWait().toNanos();
    int next = 0;
    while (next < jobs.size()) {
      List<NewJob> rest = jobs.subList(next, jobs.size());
      for (Stored stored : store.enqueue(queue, limits.capacity(), rest)) {
        if (stored.kind() == Stored.Kind.FULL) {
          break;
        }
        all.add(enqueued(jobs.get(next), stored));
        next++;
      }
      if (next < jobs.size()) {
        NewJob first = jobs.get(next);
        if (runsInCaller(limits, first)) {
          all.add(runInCaller(queue, first));
          next++;
        } else if (limits.onFull() == Overflow.REJECT
            || !awaitPlace(queue, limits, deadline - nanos.getAsLong())) {
          throw new QueueFull(queue, limits.capacity(), all.size(), asked);
        }
      }
    }
  }

  private static Enqueued enqueued(NewJob job, Stored stored) {
    JobId earlier = stored.earlier();
    return earlier == null
        ? new Enqueued(job.id(), Enqueued.Outcome.STORED)
        : new Enqueued(
            earlier,
            earlier.equals(job.id()) ? Enqueued.Outcome.STORED : Enqueued.Outcome.DUPLICATE);
  }

  private boolean awaitPlace(String queue, QueueConfig limits, long left) {
    if (left <= 0) {
      return false;
    }
    try {
      store.awaitPlace(queue, limits.capacity(), left);
      return true;
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private boolean runsInCaller(QueueConfig limits, NewJob job) {
    return limits.onFull() == Overflow.CALLER_RUNS
        && job.key() == null
        && job.unique() == null
        && job.delayMillis() == 0
        && types.containsKey(job.type());
  }

  private Enqueued runInCaller(String queue, NewJob job) {
    Registered<?> registered = requireNonNull(types.get(job.type()));
    JobContext context = new JobContext(unowned(queue, job));
    Completion completion = runner.run(registered, context).completion();
    if (completion.kind() == Completion.Kind.DONE
        || completion.kind() == Completion.Kind.DISCARDED) {
      return new Enqueued(job.id(), Enqueued.Outcome.RAN_IN_CALLER);
    }
    List<Stored> unused = store.enqueue(queue, Integer.MAX_VALUE, List.of(job));
    return new Enqueued(job.id(), Enqueued.Outcome.STORED);
  }

  private static ClaimedJob unowned(String queue, NewJob job) {
    return new ClaimedJob(
        job.id(),
        queue,
        job.type(),
        job.version(),
        job.priority(),
        null,
        0,
        0,
        1,
        job.maxAttempts() + 1, // so that a failure is no dead letter yet
        0,
        job.headers(),
        job.payload(),
        0,
        job);
  }
}
