package io.perfkit.jobs;

/** What {@link Jobs#enqueue} does with a job for which its queue has no place. */
public enum Overflow {
  /**
   * Waits for a place, at most {@link QueueConfig#maxWait}, and then throws {@link QueueFull}. The
   * default.
   */
  BLOCK,
  /** Throws {@link QueueFull} at once. */
  REJECT,
  /**
   * Runs the job on the calling thread, one attempt; the job is stored, past the capacity, only if
   * it fails. Until then a crash of the caller loses it.
   */
  CALLER_RUNS
}
