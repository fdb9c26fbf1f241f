package io.perfkit.db.route;

import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * How a router's nodes stand. Immutable.
 *
 * @param primary whether the primary answered within {@link RouterConfig#silenceMax()} and is one
 * @param replicas in the order in which they were given
 */
public record RouterHealth(boolean primary, List<Replica> replicas) {
  public RouterHealth {
    replicas = List.copyOf(replicas);
  }

  /**
   * One replica.
   *
   * @param usable whether reads go there now
   * @param lag how far it was behind when last asked; empty if it is gone, no replica, or further
   *     behind than is remembered
   */
  public record Replica(String name, boolean usable, Optional<Duration> lag) {}
}
