package io.perfkit.cache;

import static java.util.Objects.requireNonNull;

import java.time.Duration;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What Redis says of a key. */
final class Lookup<V> {
  enum Outcome {
    /** There is an entry. */
    HIT,
    /** There is an entry and it is the one that the caller has a copy of. */
    UNCHANGED,
    /** There is no entry, and the lease to fill it is the caller's. */
    LEASED,
    /** There is no entry, and somebody else is loading it. */
    BUSY,
    /** There is no entry. */
    ABSENT,
    /** Redis did not say, or must not be believed before it was told an invalidation. */
    DOWN
  }

  /** An entry; a null value says that there is no value. */
  record Hit<V>(@Nullable V value, Set<String> tags, Stamp stamp, Duration timeLeft) {}

  private final Outcome outcome;
  private final Duration timeLeft;
  private final @Nullable Hit<V> hit;
  private final @Nullable Stamp lease;

  private Lookup(Outcome outcome, Duration timeLeft, @Nullable Hit<V> hit, @Nullable Stamp lease) {
    this.outcome = outcome;
    this.timeLeft = timeLeft;
    this.hit = hit;
    this.lease = lease;
  }

  static <V> Lookup<V> hit(Hit<V> hit) {
    return new Lookup<>(Outcome.HIT, hit.timeLeft(), hit, null);
  }

  static <V> Lookup<V> unchanged(Duration timeLeft) {
    return new Lookup<>(Outcome.UNCHANGED, timeLeft, null, null);
  }

  static <V> Lookup<V> leased(Stamp lease) {
    return new Lookup<>(Outcome.LEASED, Duration.ZERO, null, lease);
  }

  static <V> Lookup<V> busy(Duration timeLeft) {
    return new Lookup<>(Outcome.BUSY, timeLeft, null, null);
  }

  static <V> Lookup<V> absent() {
    return new Lookup<>(Outcome.ABSENT, Duration.ZERO, null, null);
  }

  static <V> Lookup<V> down() {
    return new Lookup<>(Outcome.DOWN, Duration.ZERO, null, null);
  }

  Outcome outcome() {
    return outcome;
  }

  /** Of the entry, or of the other's lease. */
  Duration timeLeft() {
    return timeLeft;
  }

  /** Only of a {@link Outcome#HIT}. */
  Hit<V> hit() {
    return requireNonNull(hit, "hit");
  }

  /** Only of {@link Outcome#LEASED}, else null. */
  @Nullable Stamp lease() {
    return lease;
  }
}
