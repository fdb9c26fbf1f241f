package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Health of a router's nodes. Immutable.
 *
 * @param primary whether the primary answered within {@link RouterConfig#maxSilence()} and is a
 *     primary
 * @param replicas in the order in which they were given
 */
public record RouterHealth(boolean primary, List<Replica> replicas) {
  public RouterHealth {
    replicas = List.copyOf(replicas);
  }

  /** Whether writes are served. The primary then also serves reads that no replica can serve. */
  public boolean healthy() {
    return primary;
  }

  /** Warnings: one for each unusable replica; empty if there are none. */
  public List<String> warnings() {
    return replicas.stream()
        .filter(replica -> !replica.usable())
        .map(
            replica ->
                replica
                    .lag()
                    .map(lag -> replica.name() + " is " + lag + " behind")
                    .orElse(replica.name() + " can't be read from"))
        .toList();
  }

  /**
   * One replica. Immutable.
   *
   * @param name as it was given to the builder
   * @param usable whether reads go there now
   * @param lag replication lag at the last poll; empty if the node is gone, is no replica, or is
   *     further behind than the history of the primary
   */
  public record Replica(String name, boolean usable, Optional<Duration> lag) {
    public Replica {
      requireNonNull(name, "name");
      requireNonNull(lag, "lag");
    }
  }
}
