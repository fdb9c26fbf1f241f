package io.perfkit.jobs;

/** Why a job became a dead letter. */
public enum DeadReason {
  /** Its last attempt failed. */
  ATTEMPTS_EXHAUSTED,
  /** It failed in a way that its {@link JobType#retryIf} does not retry. */
  NOT_RETRYABLE,
  /** Its handler threw {@link DeadLetterJob}. */
  HANDLER,
  /** Nodes died too often while they ran it. */
  CRASHES,
  /** Its payload could not be read in any of its attempts. */
  UNREADABLE
}
