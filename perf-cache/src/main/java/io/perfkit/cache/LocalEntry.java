package io.perfkit.cache;

import io.perfkit.cache.LocalLevel.Reading;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A local copy of a value, or of the knowledge that there is none. Immutable but for what is known
 * of its epoch. Thread safe.
 */
final class LocalEntry<V> {
  static final int[] NO_TAGS = {};

  final @Nullable V value;
  final int stripe;
  final int[] tagStripes;

  /** Of its key and tags, as it was before the value was read. */
  final int epoch;

  /**
   * The fence's moves at one time when the epoch was still the fence's. Written without order: an
   * older one costs only another look.
   */
  int currentAtMoves;

  /** When it was read or loaded, on the cache's clock. */
  final long readNanos;

  /** When its life ends, on the cache's clock. */
  final long deadlineNanos;

  final Set<String> tags;

  /** Of the entry in Redis that it is a copy of; null if it was never there. */
  final @Nullable Stamp stamp;

  LocalEntry(
      @Nullable V value,
      Set<String> tags,
      @Nullable Stamp stamp,
      Reading reading,
      int[] tagStripes,
      int epoch,
      long lifeNanos) {
    this.value = value;
    this.tags = tags;
    this.stamp = stamp;
    this.stripe = reading.stripe();
    this.tagStripes = tagStripes;
    this.epoch = epoch;
    this.readNanos = reading.nanos();
    this.deadlineNanos = reading.nanos() + lifeNanos;
  }
}
