package io.perfkit.db.route;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Where the primary stood lately. A replica is behind by the age of the newest of these places that
 * it has reached: no clock but ours is asked, and an idle primary makes no lag. Thread safe.
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

  /**
   * How far {@code replayed} was behind when the primary was asked last; empty if beyond memory.
   */
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
