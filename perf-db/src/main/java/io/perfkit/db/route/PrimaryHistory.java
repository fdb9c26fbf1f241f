package io.perfkit.db.route;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Recent WAL positions of the primary, from which it computes replication lag. A replica's lag is
 * the age of the newest of these positions that it has reached: only the local clock counts, and an
 * idle primary causes no lag. Thread safe.
 */
final class PrimaryHistory {
  private final int countMax;
  private final ArrayDeque<NodeState> newestFirst = new ArrayDeque<>();

  PrimaryHistory(int countMax) {
    this.countMax = countMax;
  }

  synchronized void add(NodeState primary) {
    NodeState last = newestFirst.peekFirst();
    if (last != null && last.position().timeline() != primary.position().timeline()) {
      newestFirst.clear(); // another primary, whose places compare with none of these
    }
    newestFirst.addFirst(primary);
    if (newestFirst.size() > countMax) {
      newestFirst.removeLast();
    }
  }

  synchronized Optional<NodeState> newest() {
    return Optional.ofNullable(newestFirst.peekFirst());
  }

  /** Lag of {@code replayed} at the last poll of the primary; empty if older than this history. */
  synchronized Optional<Duration> lag(WalPosition replayed) {
    NodeState newest = newestFirst.peekFirst();
    for (NodeState primary : newestFirst) {
      if (newest != null && replayed.reached(primary.position())) {
        return Optional.of(Duration.ofNanos(newest.since() - primary.since()));
      }
    }
    return Optional.empty();
  }
}
