package io.perfkit.db.route;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Where the primary stood lately. A replica is behind by the age of the newest of these places that
 * it has reached: no clock but ours is asked, and an idle primary makes no lag. Thread safe.
 */
final class Positions {
  private final int countMax;
  private final ArrayDeque<Node.Standing> newestFirst = new ArrayDeque<>();

  Positions(int countMax) {
    this.countMax = countMax;
  }

  synchronized void add(Node.Standing primary) {
    Node.Standing last = newestFirst.peekFirst();
    if (last != null && last.position().timeline() != primary.position().timeline()) {
      newestFirst.clear(); // another primary, whose places compare with none of these
    }
    newestFirst.addFirst(primary);
    if (newestFirst.size() > countMax) {
      newestFirst.removeLast();
    }
  }

  synchronized Optional<Node.Standing> newest() {
    return Optional.ofNullable(newestFirst.peekFirst());
  }

  /**
   * How far {@code replayed} was behind when the primary was asked last; empty if beyond memory.
   */
  synchronized Optional<Duration> lag(Position replayed) {
    Node.Standing newest = newestFirst.peekFirst();
    for (Node.Standing primary : newestFirst) {
      if (newest != null && replayed.reached(primary.position())) {
        return Optional.of(Duration.ofNanos(newest.since() - primary.since()));
      }
    }
    return Optional.empty();
  }
}
