package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How a claim ends. It takes effect only if the node still owns the job. Immutable.
 *
 * @param delayMillis until the job is due again, for {@link Kind#RETRY} and {@link Kind#RETURNED}
 * @param reason why the job is dead, for {@link Kind#DEAD}
 * @param error what failed, for {@link Kind#RETRY} and {@link Kind#DEAD}
 * @param quiet whether it is no surprise if the node does not own the job any more
 */
record Completion(
    ClaimedJob job,
    Kind kind,
    long delayMillis,
    @Nullable DeadReason reason,
    @Nullable String error,
    boolean quiet) {
  enum Kind {
    /** The handler returned. */
    DONE(0),
    /** The attempt failed, and another one follows. */
    RETRY(1),
    /** No further attempt follows; a dead letter stays. */
    DEAD(2),
    /** The handler said that the job is pointless. */
    DISCARDED(3),
    /** The host cancelled the job. */
    CANCELLED(4),
    /** The attempt did not happen and is not charged. */
    RETURNED(5);

    private final int code;

    Kind(int code) {
      this.code = code;
    }

    /** The number by which stores know it; it never changes. */
    int code() {
      return code;
    }
  }

  static Completion done(ClaimedJob job) {
    return new Completion(job, Kind.DONE, 0, null, null, false);
  }

  static Completion retry(ClaimedJob job, long delayMillis, String error) {
    return new Completion(job, Kind.RETRY, delayMillis, null, error, false);
  }

  static Completion dead(ClaimedJob job, DeadReason reason, String error) {
    return new Completion(job, Kind.DEAD, 0, reason, error, false);
  }

  static Completion discarded(ClaimedJob job) {
    return new Completion(job, Kind.DISCARDED, 0, null, null, false);
  }

  static Completion cancelled(ClaimedJob job) {
    return new Completion(job, Kind.CANCELLED, 0, null, null, false);
  }

  static Completion returned(ClaimedJob job, long delayMillis) {
    return new Completion(job, Kind.RETURNED, delayMillis, null, null, false);
  }

  /** The same, for a job that may have been completed in a transaction of the host. */
  Completion quietly() {
    return new Completion(job, kind, delayMillis, reason, error, true);
  }

  /** Whether the job leaves the queue. */
  boolean ends() {
    return kind != Kind.RETRY && kind != Kind.RETURNED;
  }

  DeadReason deadReason() {
    return requireNonNull(reason, "reason");
  }
}
