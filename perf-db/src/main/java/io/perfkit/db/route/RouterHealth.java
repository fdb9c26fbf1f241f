package io.perfkit.db.route;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

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

  /**
   * Warnings: one for each unusable replica, and one for each whose role lacks a right; empty if
   * there are none.
   */
  public List<String> warnings() {
    return replicas.stream().flatMap(RouterHealth::warnings).toList();
  }

  private static Stream<String> warnings(Replica replica) {
    Stream<String> unusable =
        replica.usable()
            ? Stream.of()
            : Stream.of(
                replica
                    .lag()
                    .map(lag -> replica.name() + " is " + lag + " behind")
                    .orElse(replica.name() + " can't be read from"));
    Stream<String> lacking =
        replica.missingGrant().isEmpty()
            ? Stream.of()
            : Stream.of(replica.name() + ": " + withoutRight(replica.missingGrant()));
    return Stream.concat(unusable, lacking);
  }

  static String withoutRight(String grant) {
    return "after a failover it is not used until its next restart point, up to"
        + " checkpoint_timeout later (expected: "
        + grant
        + ")";
  }

  /**
   * One replica. Immutable.
   *
   * @param name as it was given to the builder
   * @param usable whether reads go there now
   * @param lag replication lag at the last poll; empty if the node is gone, is no replica, or is
   *     further behind than the history of the primary
   * @param missingGrant the statement that grants the right that the pool's role lacks to see the
   *     replica's timeline; empty if it lacks none
   */
  public record Replica(String name, boolean usable, Optional<Duration> lag, String missingGrant) {
    public Replica {
      requireNonNull(name, "name");
      requireNonNull(lag, "lag");
      requireNonNull(missingGrant, "missingGrant");
    }
  }
}
