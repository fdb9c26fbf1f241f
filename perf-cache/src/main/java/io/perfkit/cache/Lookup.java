package io.perfkit.cache;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What Redis says of a key.
 *
 * @param hit an entry, which may be past its life unless this is a {@link Outcome#HIT}
 * @param lease only of {@link Outcome#LEASED}
 * @param busyFor time left of another's lease, or of the rest
 */
record Lookup<V>(Outcome outcome, @Nullable Hit<V> hit, @Nullable Stamp lease, Duration busyFor) {

  enum Outcome {
    /** There is an entry, and it is not the caller's to load it. */
    HIT,
    /** There is no entry, or it is old enough to be loaded again, and the lease is the caller's. */
    LEASED,
    /** There is no entry, or one past its life, and somebody else is loading it. */
    BUSY,
    /** There is one past its life, a load has failed, and the next one is to wait. */
    RESTING,
    /** There is no entry, or one past its life. */
    ABSENT,
    /** Redis did not say, or must not be believed before it was told an invalidation. */
    DOWN
  }

  /**
   * An entry; a null value says that there is no value, or that its load failed. The stamp is null
   * if it never was in Redis.
   */
  record Hit<V>(
      @Nullable V value,
      Set<String> tags,
      @Nullable Stamp stamp,
      Life life,
      @Nullable Failure failure) {}

  static <V> Lookup<V> down() {
    return new Lookup<>(Outcome.DOWN, null, null, Duration.ZERO);
  }

  /** Whether there is an entry whose life is not over. */
  boolean isLive() {
    return hit != null && !hit.life().isOver();
  }
}
