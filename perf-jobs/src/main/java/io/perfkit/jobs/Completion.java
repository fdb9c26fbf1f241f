package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import org.jspecify.annotations.Nullable;

/**
 * How a claim ends. It takes effect only if the node still owns the job. Immutable.
 *
 * @param delayMillis until the job is due again, for {@link Kind#RETRY} and {@link Kind#RETURNED}
 * @param reason why the job is dead, for {@link Kind#DEAD}
 * @param error what failed, for {@link Kind#RETRY} and {@link Kind#DEAD}
 */
record Completion(
    ClaimedJob job,
    Kind kind,
    long delayMillis,
    @Nullable DeadReason reason,
    @Nullable String error) {
  enum Kind {
    /** The handler returned. */
    DONE,
    /** The attempt failed, and another one follows. */
    RETRY,
    /** No further attempt follows; a dead letter stays. */
    DEAD,
    /** The handler said that the job is pointless. */
    DISCARDED,
    /** The host cancelled the job. */
    CANCELLED,
    /** The attempt did not happen and is not charged. */
    RETURNED
  }

  static Completion done(ClaimedJob job) {
    return new Completion(job, Kind.DONE, 0, null, null);
  }

  static Completion retry(ClaimedJob job, long delayMillis, String error) {
    return new Completion(job, Kind.RETRY, delayMillis, null, error);
  }

  static Completion dead(ClaimedJob job, DeadReason reason, String error) {
    return new Completion(job, Kind.DEAD, 0, reason, error);
  }

  static Completion discarded(ClaimedJob job) {
    return new Completion(job, Kind.DISCARDED, 0, null, null);
  }

  static Completion cancelled(ClaimedJob job) {
    return new Completion(job, Kind.CANCELLED, 0, null, null);
  }

  static Completion returned(ClaimedJob job, long delayMillis) {
    return new Completion(job, Kind.RETURNED, delayMillis, null, null);
  }

  /** Whether the job leaves the queue. */
  boolean ends() {
    return kind != Kind.RETRY && kind != Kind.RETURNED;
  }

  DeadReason deadReason() {
    return requireNonNull(reason, "reason");
  }
}
