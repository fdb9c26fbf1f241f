package io.perfkit.jobs;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Set;

/**
 * Whether a node can run jobs now. Immutable.
 *
 * @param healthy whether its lease is renewed and no queue fails; true before the start
 * @param started whether it takes jobs
 * @param sinceHeartbeat since the last heartbeat that the store answered; zero before the start
 * @param failingQueues queues whose last call of the store failed
 */
public record JobsHealth(
    boolean healthy, boolean started, Duration sinceHeartbeat, Set<String> failingQueues) {
  public JobsHealth {
    requireNonNull(sinceHeartbeat, "sinceHeartbeat");
    failingQueues = Set.copyOf(failingQueues);
  }
}
