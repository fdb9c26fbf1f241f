package io.perfkit.jobs;

import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a handler may know about the attempt that it runs. Thread safe. */
public final class JobContext {
  private final ClaimedJob job;
  private volatile @Nullable CancelReason cancel;

  JobContext(ClaimedJob job) {
    this.job = job;
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
