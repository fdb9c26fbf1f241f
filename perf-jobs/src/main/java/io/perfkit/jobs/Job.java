package io.perfkit.jobs;

/**
 * A piece of work that carries its own code, for {@link Jobs#submit}. It lives in this process
 * only, so {@link Jobs#local} alone takes it; a job that outlives its process is a {@link JobType}
 * with a payload.
 */
public interface Job {
  /**
   * Does the work, on a worker's thread.
   *
   * @throws Exception if the attempt failed
   */
  void execute() throws Exception;

  /** Its kind, by which meters and statistics are kept; a bounded set of names. */
  String type();

  /** Its class in the queue; {@link Priority#NORMAL} unless overridden. */
  default Priority priority() {
    return Priority.NORMAL;
  }

  /** How many attempts may follow the first; 2 unless overridden, so 3 attempts. */
  default int retryCount() {
    return 2;
  }

  /** Whether an attempt that failed so may be followed by another; true unless overridden. */
  default boolean shouldRetry(Throwable error) {
    return true;
  }
}
