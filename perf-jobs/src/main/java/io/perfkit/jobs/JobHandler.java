package io.perfkit.jobs;

/**
 * Does the work of one job.
 *
 * @param <T> payload
 */
@FunctionalInterface
public interface JobHandler<T> {
  /**
   * Runs one attempt, on a worker's thread. A normal return completes the job. {@link RetryLater},
   * {@link DiscardJob} and {@link DeadLetterJob} decide what becomes of it; any other exception or
   * error is a failed attempt, retried by the rules of its {@link JobType}.
   *
   * <p>A job may run again after it ended, if its node crashed before the completion was stored: do
   * work that can be repeated, or use {@link JobContext#token()}.
   *
   * @throws Exception if the attempt failed
   */
  void handle(T payload, JobContext context) throws Exception;
}
