package io.perfkit.db.route;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Read-your-writes state of a session: the WAL position that its reads must see. Thread safe.
 *
 * <p>A write needs no query for its own position: any position of the primary taken after it is far
 * enough, and the next poll brings one. Until then the session reads from the primary.
 */
final class ReadYourWrites {

  /* Invariants
   * H1  while a write may be under way, or ended after the last poll of the primary, no replica is
   *     eligible.
   * H2  afterwards a replica is eligible once it has reached a position of the primary found after
   *     the write.
   * H3  the timeline to see never falls: a token may know of a failover unknown here.
   */
  private @Nullable WalPosition mustSee;
  private int writers;
  private boolean unplaced;
  private long wroteAt;

  ReadYourWrites(@Nullable WalPosition mustSee) {
    this.mustSee = mustSee;
  }

  /** A connection to the primary is in use. */
  synchronized void writing() {
    writers++;
  }

  /** The connection's writes so far may be committed. */
  synchronized void wrote(long now) {
    unplaced = true;
    wroteAt = now;
  }

  synchronized void wroteLast(long now) {
    writers--;
    wrote(now);
  }

  /** Whether there is a write whose position is not known yet. */
  synchronized boolean isUnplaced() {
    return unplaced;
  }

  /** The position that reads must see, as far as it is known. */
  synchronized Optional<WalPosition> mustSee() {
    return Optional.ofNullable(mustSee);
  }

  /** Whether a node at {@code replica} sees all writes, given the last state of the primary. */
  synchronized boolean isSeenAt(WalPosition replica, Optional<NodeState> primary) {
    primary.ifPresent(this::place);
    return writers == 0 && !unplaced && (mustSee == null || replica.reached(mustSee));
  }

  /** Takes the primary's position into account. */
  synchronized void place(NodeState primary) {
    boolean failedOver = mustSee != null && mustSee.timeline() < primary.position().timeline();
    if ((unplaced && primary.since() - wroteAt > 0) || failedOver) {
      mustSee = primary.position();
      unplaced = unplaced && primary.since() - wroteAt <= 0;
    }
  }
}
