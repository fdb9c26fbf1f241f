package io.perfkit.jobs;

import java.sql.Connection;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Where jobs are stored: in this process ({@link Jobs#local}), in Redis ({@link RedisStore}) or in
 * PostgreSQL ({@link PostgresStore}). Made by their factories, and given to {@link Jobs#create},
 * which closes it. Thread safe.
 */
public abstract class JobStore implements AutoCloseable {
  /* Invariants, which StoreContract and StoreSimulation test
   * I1  A job whose enqueue was acknowledged ends exactly once or is stored.
   * I2  A claim ends exactly once: completed, returned or rescued.
   * I3  A completion changes nothing unless its owner and claim are those of the job now.
   * I4  At most perKey jobs of one key are owned; with perKey 1 they start in enqueue order.
   * I7  Leases, delays and windows are compared by one clock, that of the store.
   */

  JobStore() {}

  /** The application whose jobs these are; others on the same server are not seen. */
  abstract String application();

  /** Whether payloads stay objects, so that none is encoded. */
  abstract boolean keepsObjects();

  /**
   * Stores jobs of one queue, each one once.
   *
   * @param capacity most jobs that wait in the queue; the rest of {@code jobs} is answered with
   *     {@link Stored#FULL}
   * @return one answer per job, in their order
   */
  abstract List<Stored> enqueue(String queue, int capacity, List<NewJob> jobs);

  /**
   * Stores jobs in a transaction of the host, which commits them.
   *
   * @throws IllegalStateException if the store is no database
   */
  List<Stored> enqueue(Connection connection, String queue, int capacity, List<NewJob> jobs) {
    throw noDatabase();
  }

  /**
   * Completes a job in a transaction of the host.
   *
   * @throws JobCancelled if the node does not own it any more
   * @throws IllegalStateException if the store is no database
   */
  void completeIn(Connection connection, ClaimedJob job) {
    throw noDatabase();
  }

  private IllegalStateException noDatabase() {
    return new IllegalStateException(
        "a transaction: these jobs are not in a database (expected: a PostgresStore)");
  }

  /**
   * Waits until the queue may have a place, or for {@code nanos}; may return early.
   *
   * @throws InterruptedException if the thread is interrupted
   */
  abstract void awaitPlace(String queue, int capacity, long nanos) throws InterruptedException;

  /** Begins an incarnation of a node, with a lease. Its number was never used before. */
  abstract long join(String node, Duration lease);

  /** Renews the lease of an incarnation, unless it is over. */
  abstract Beat beat(long owner, Duration lease);

  /**
   * Ends claims and makes new ones. A fenced incarnation gets no job.
   *
   * @param claim empty if the caller wants no job
   */
  abstract StepReply step(long owner, List<Completion> completions, @Nullable ClaimRequest claim);

  /** Returns what a claim whose reply was lost may have taken, uncharged. */
  abstract void disown(long owner, long claim);

  /** Ends an incarnation and returns what it still owns, uncharged. */
  abstract void leave(long owner);

  /**
   * Rescues jobs of expired leases, in bounded steps, and deletes dead letters that are too old.
   */
  abstract Maintained maintain(int maxCrashes, Duration keepDead);

  /**
   * Counters by queue.
   *
   * @param ofRows whether the jobs that are stored are counted one by one, rather than derived from
   *     the other counters
   */
  abstract Map<String, QueueCounts> counts(boolean ofRows);

  /**
   * The time by the store's clock, for schedules.
   *
   * @throws IllegalStateException if the store knows no schedules
   */
  Instant now() {
    throw new IllegalStateException("cron: this store has no schedules");
  }

  /** Removes a job that has not started, or asks the node that runs it to stop. */
  abstract boolean cancel(JobId id);

  /** The newest dead letters of a queue, newest first. */
  abstract List<DeadLetter> deadLetters(String queue, int max);

  /** Makes a dead letter a job again, with all its attempts and past the capacity. */
  abstract boolean replay(JobId id);

  /** Deletes a dead letter. */
  abstract boolean deleteDead(JobId id);

  /** Whom to tell the name of a queue that may have got work. */
  abstract void onWork(Consumer<String> listener);

  /** Ends what this store started. Jobs that it holds outside the process stay. */
  @Override
  public abstract void close();
}
