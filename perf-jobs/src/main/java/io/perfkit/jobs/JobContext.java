package io.perfkit.jobs;

import java.sql.Connection;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a handler may know about the attempt that it runs. Thread safe. */
public final class JobContext {
  private final ClaimedJob job;
  private final @Nullable JobStore store;
  private volatile @Nullable CancelReason cancel;
  private volatile boolean completedInTransaction;

  JobContext(ClaimedJob job) {
    this(job, null);
  }

  JobContext(ClaimedJob job, @Nullable JobStore store) {
    this.job = job;
    this.store = store;
  }

  /** The job's id, the same in each attempt. */
  public JobId id() {
    return job.id();
  }

  /** 1 in the first attempt. A run that ended with its node is repeated with the same number. */
  public int attempt() {
    return job.attempt();
  }

  /** Number of the last attempt. */
  public int maxAttempts() {
    return job.maxAttempts();
  }

  /**
   * A text that is the same if this attempt runs again after a crash, {@code id:attempt}: an
   * idempotency key for services that take one.
   */
  public String token() {
    return job.id() + ":" + job.attempt();
  }

  /** The {@link JobOptions#key}. */
  public Optional<String> key() {
    return Optional.ofNullable(job.key());
  }

  /** The {@link JobOptions#header}s. */
  public Map<String, String> headers() {
    return job.headers();
  }

  /** Whether the handler should stop; its thread is interrupted at that moment too. */
  public boolean cancelled() {
    return cancel != null;
  }

  /**
   * Ends the handler if it should stop.
   *
   * @throws JobCancelled if {@link #cancelled()}
   */
  public void throwIfCancelled() {
    CancelReason reason = cancel;
    if (reason != null) {
      throw new JobCancelled(job.id(), reason);
    }
  }

  /**
   * Completes the job in a transaction of the handler, which commits it together with what the
   * handler wrote: the job is done if and only if that transaction commits. Call it last, once.
   *
   * @param connection with auto-commit off, to the database of the store
   * @throws JobCancelled if the node does not own the job any more; roll back then
   * @throws StoreFailed if the statement failed; roll back then
   * @throws IllegalStateException if the jobs are not in a database
   */
  public void completeIn(Connection connection) {
    if (store == null) {
      throw new IllegalStateException("completeIn: the job runs in the caller, and is not stored");
    }
    completedInTransaction = true;
    store.completeIn(connection, job);
  }

  boolean completedInTransaction() {
    return completedInTransaction;
  }

  ClaimedJob job() {
    return job;
  }

  /** The first reason stays. Called by one thread at a time. */
  void cancel(CancelReason reason) {
    if (cancel == null) {
      cancel = reason;
    }
  }

  @Nullable CancelReason cancelReason() {
    return cancel;
  }
}
