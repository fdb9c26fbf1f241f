package io.perfkit.cache;

import io.perfkit.cache.LocalLevel.Reading;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A local copy of a value, or of the knowledge that there is none. Immutable, but for who asks for
 * a newer one.
 */
final class LocalEntry<V> {
  static final int[] NO_TAGS = {};

  final @Nullable V value;

  /** Of the load, which is remembered in place of a value; such a copy is never quiet. */
  final @Nullable Failure failure;

  final int stripe;
  final int[] tagStripes;

  /** Of its key and tags, as it was before the value was read. */
  final int epoch;

  /** When it was read or loaded, on the cache's clock. */
  final long readNanos;

  /** When it ends to count, on the cache's clock. */
  final long deadlineNanos;

  /** When the life of the entry that it is a copy of ends. */
  final long lifeEndNanos;

  /* Its deadline, or earlier the time from which on one reader is to ask for a newer value. Whoever
   * moves it to the deadline is that reader; that two may be, who race, costs one more question. */
  private long askNanos;

  final Set<String> tags;

  /** Of the entry in Redis that it is a copy of; null if it was never there. */
  final @Nullable Stamp stamp;

  LocalEntry(
      @Nullable V value,
      @Nullable Failure failure,
      Set<String> tags,
      @Nullable Stamp stamp,
      Reading reading,
      int[] tagStripes,
      int epoch,
      long deadlineNanos,
      long lifeEndNanos,
      long askNanos) {
    this.value = value;
    this.failure = failure;
    this.tags = tags;
    this.stamp = stamp;
    this.stripe = reading.stripe();
    this.tagStripes = tagStripes;
    this.epoch = epoch;
    this.readNanos = reading.nanos();
    this.deadlineNanos = deadlineNanos;
    this.lifeEndNanos = lifeEndNanos;
    this.askNanos = failure == null ? askNanos : reading.nanos();
  }

  /** The same copy with another deadline. */
  LocalEntry(LocalEntry<V> copy, long deadlineNanos) {
    this.value = copy.value;
    this.failure = copy.failure;
    this.tags = copy.tags;
    this.stamp = copy.stamp;
    this.stripe = copy.stripe;
    this.tagStripes = copy.tagStripes;
    this.epoch = copy.epoch;
    this.readNanos = copy.readNanos;
    this.deadlineNanos = deadlineNanos;
    this.lifeEndNanos = copy.lifeEndNanos;
    this.askNanos = deadlineNanos;
  }

  /** Whether it counts, and nobody is to ask for a newer one. */
  boolean isQuiet(long now) {
    return askNanos - now > 0;
  }

  boolean isBeforeDeadline(long now) {
    return deadlineNanos - now > 0;
  }

  /** Leaves the question for a newer one to who calls this. */
  void claimQuestion() {
    if (failure == null) {
      askNanos = deadlineNanos;
    }
  }
}
