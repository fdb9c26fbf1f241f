package io.perfkit.cache;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Answer of the second level about a key.
 *
 * @param hit an entry, which may be stale unless this is a {@link Outcome#HIT}
 * @param lease only of {@link Outcome#LEASED}
 * @param busyFor time left of another node's lease, or of the cool-down
 */
record L2Reply<V>(
    Outcome outcome, @Nullable Hit<V> hit, @Nullable EntryVersion lease, Duration busyFor) {

  enum Outcome {
    /** There is an entry, and the caller need not load it. */
    HIT,
    /** There is no entry, or one that is to be loaded again, and the lease is the caller's. */
    LEASED,
    /** There is no entry, or a stale one, and another node is loading it. */
    BUSY,
    /** There is a stale entry, a load has failed, and the next one waits for the cool-down. */
    COOLING_DOWN,
    /** There is no entry, or a stale one. */
    ABSENT,
    /**
     * Redis did not answer, or must not be trusted before an unsent invalidation has reached it.
     */
    DOWN
  }

  /**
   * An entry; a null value says that there is no value, or that its load failed. The version is
   * null if it never was in Redis.
   */
  record Hit<V>(
      @Nullable V value,
      Set<String> tags,
      @Nullable EntryVersion version,
      Ttl ttl,
      @Nullable Failure failure) {}

  static <V> L2Reply<V> down() {
    return new L2Reply<>(Outcome.DOWN, null, null, Duration.ZERO);
  }

  static <V> L2Reply<V> absent() {
    return new L2Reply<>(Outcome.ABSENT, null, null, Duration.ZERO);
  }

  /** Whether there is an entry that has not expired. */
  boolean isLive() {
    return hit != null && !hit.ttl().isExpired();
  }
}
