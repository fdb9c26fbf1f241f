package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.time.Instant;

/**
 * A job that ended without success and is kept, with its payload, until it is replayed, deleted or
 * too old. Immutable.
 *
 * @param id its id, which a replay keeps
 * @param queue where a replay puts it
 * @param type name of its type
 * @param version version of its payload
 * @param reason why it is dead
 * @param error class, message and top frames of what failed; at most 4,000 characters; empty if
 *     nothing was thrown
 * @param attempts how many attempts were made
 * @param crashes how often a node died with it
 * @param diedAt when it became a dead letter, by the store's clock
 */
public record DeadLetter(
    JobId id,
    String queue,
    String type,
    int version,
    DeadReason reason,
    String error,
    int attempts,
    int crashes,
    Instant diedAt) {
  public DeadLetter {
    requireNonNull(id, "id");
    requireNonNull(queue, "queue");
    requireNonNull(type, "type");
    requireNonNull(reason, "reason");
    requireNonNull(error, "error");
    requireNonNull(diedAt, "diedAt");
  }
}
