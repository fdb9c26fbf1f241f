package io.perfkit.cache;

import org.jspecify.annotations.Nullable;

/** A local copy of a value, or of the knowledge that there is none. Immutable. */
final class LocalEntry<V> {
  static final int[] NO_TAGS = {};

  final @Nullable V value;
  final int stripe;
  final int[] tagStripes;

  /** Of its key and tags, as it was before the value was read. */
  final int epoch;

  /** On the cache's clock. */
  final long deadlineNanos;

  LocalEntry(@Nullable V value, int stripe, int[] tagStripes, int epoch, long deadlineNanos) {
    this.value = value;
    this.stripe = stripe;
    this.tagStripes = tagStripes;
    this.epoch = epoch;
    this.deadlineNanos = deadlineNanos;
  }
}
