package io.perfkit.db.route;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What a session's reads have to see. Thread safe.
 *
 * <p>A write is not asked where in the log it ended: any place of the primary that was asked for
 * after it is far enough, and the next poll brings one. Until then the session reads from the
 * primary.
 */
final class ReadYourWrites {

  /* Invariants
   * H1  while a write may be under way, or ended after the primary was asked last, no replica will do.
   * H2  afterwards a replica will do that has reached a place of the primary found after the write.
   * H3  the timeline to see never falls: a token may know of a failover that we have not seen yet.
   */
  private @Nullable WalPosition mustSee;
  private int writers;
  private boolean unplaced;
  private long wroteAt;

  ReadYourWrites(@Nullable WalPosition mustSee) {
    this.mustSee = mustSee;
  }

  /** A connection to the primary is out. */
  synchronized void writing() {
    writers++;
  }

  /** What it wrote until now may be committed. */
  synchronized void wrote(long now) {
    unplaced = true;
    wroteAt = now;
  }

  synchronized void wroteLast(long now) {
    writers--;
    wrote(now);
  }

  /** Whether there is a write whose place is not known yet. */
  synchronized boolean isUnplaced() {
    return unplaced;
  }

  /** The place to see, as far as it is known. */
  synchronized Optional<WalPosition> mustSee() {
    return Optional.ofNullable(mustSee);
  }

  /** Whether who has replayed {@code replica} sees everything, {@code primary} being found last. */
  synchronized boolean isSeenAt(WalPosition replica, Optional<NodeState> primary) {
    primary.ifPresent(this::place);
    return writers == 0 && !unplaced && (mustSee == null || replica.reached(mustSee));
  }

  /** Learns where the primary stands. */
  synchronized void place(NodeState primary) {
    boolean failedOver = mustSee != null && mustSee.timeline() < primary.position().timeline();
    if ((unplaced && primary.since() - wroteAt > 0) || failedOver) {
      mustSee = primary.position();
      unplaced = unplaced && primary.since() - wroteAt <= 0;
    }
  }
}
