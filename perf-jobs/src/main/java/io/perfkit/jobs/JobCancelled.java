package io.perfkit.jobs;

/**
 * Thrown by {@link JobContext#throwIfCancelled()}. A handler lets it pass; what becomes of the job
 * depends on why it was cancelled, not on this exception.
 */
public final class JobCancelled extends JobException {
  private static final long serialVersionUID = 1L;

  JobCancelled(JobId id, CancelReason why) {
    super("job " + id + ": " + why.words(), null);
  }
}
