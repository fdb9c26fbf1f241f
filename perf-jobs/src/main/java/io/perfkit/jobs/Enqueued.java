package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

/**
 * What became of a job that was enqueued. Immutable.
 *
 * @param id the job's id; of the earlier job if this one is a duplicate
 * @param outcome what was done
 */
public record Enqueued(JobId id, Outcome outcome) {
  public Enqueued {
    requireNonNull(id, "id");
    requireNonNull(outcome, "outcome");
  }

  /** What was done with the job. */
  public enum Outcome {
    /** It is stored, and will be run. */
    STORED,
    /** A job with its unique key is there already, so this one is not stored. */
    DUPLICATE,
    /** It ran on the calling thread, see {@link Overflow#CALLER_RUNS}. */
    RAN_IN_CALLER
  }

  /** Whether an earlier job has the unique key. */
  public boolean duplicate() {
    return outcome == Outcome.DUPLICATE;
  }
}
