package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a router's nodes stand. Immutable.
 *
 * @param primary whether the primary answered within {@link RouterConfig#maxSilence()} and is one
 * @param replicas in the order in which they were given
 */
public record RouterHealth(boolean primary, List<Replica> replicas) {
  public RouterHealth {
    replicas = List.copyOf(replicas);
  }

  /** Whether writes are served. Reads that no replica can serve are on the primary then. */
  public boolean healthy() {
    return primary;
  }

  /** What calls for a look without being down: each replica that can't be used; empty if none. */
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
   * @param lag how far it was behind when last asked; empty if it is gone, no replica, or further
   *     behind than is remembered
   */
  public record Replica(String name, boolean usable, Optional<Duration> lag) {
    public Replica {
      requireNonNull(name, "name");
      requireNonNull(lag, "lag");
    }
  }
}
