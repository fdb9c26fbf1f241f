package io.perfkit.cache;

import io.perfkit.cache.LocalLevel.Reading;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A local copy of a value, or of the knowledge that there is none. Immutable except for the last
 * check of its epoch and the choice of the reader that refreshes it. Thread safe.
 *
 * <p>This small object holds all that a hit needs, and {@link About} the rest, so that a hit in a
 * large cache waits for memory once.
 */
final class LocalEntry<V> {
  static final int[] NO_TAGS = {};

  final @Nullable V value;

  /**
   * The fence's moves at one time when the epoch was still the fence's. Written without order: an
   * older one costs only another look.
   */
  int currentAtMoves;

  /* Its deadline, or earlier the time from which on one reader is to ask for a newer value. The
   * reader that moves it to the deadline is that one; two that race cost one more question. */
  private long askNanos;

  final About about;

  /** Metadata of a copy. Immutable. */
  static final class About {
    /** Of the load, which is remembered in place of a value; such a copy is never quiet. */
    final @Nullable Failure failure;

    final int stripe;
    final int[] tagStripes;

    /** Of its key and tags, as it was before the value was read. */
    final int epoch;

    /** When it was read or loaded, on the cache's clock. */
    final long readNanos;

    /** The time after which it no longer counts, on the cache's clock. */
    final long deadlineNanos;

    /** When the entry that it is a copy of expires. */
    final long expiryNanos;

    final Set<String> tags;

    /** Of the entry in Redis that it is a copy of; null if it was never there. */
    final @Nullable EntryVersion version;

    About(
        @Nullable Failure failure,
        Set<String> tags,
        @Nullable EntryVersion version,
        Reading reading,
        int[] tagStripes,
        int epoch,
        long deadlineNanos,
        long expiryNanos) {
      this.failure = failure;
      this.tags = tags;
      this.version = version;
      this.stripe = reading.stripe();
      this.tagStripes = tagStripes;
      this.epoch = epoch;
      this.readNanos = reading.nanos();
      this.deadlineNanos = deadlineNanos;
      this.expiryNanos = expiryNanos;
    }

    private About(About other, long deadlineNanos) {
      this.failure = other.failure;
      this.tags = other.tags;
      this.version = other.version;
      this.stripe = other.stripe;
      this.tagStripes = other.tagStripes;
      this.epoch = other.epoch;
      this.readNanos = other.readNanos;
      this.deadlineNanos = deadlineNanos;
      this.expiryNanos = other.expiryNanos;
    }
  }

  LocalEntry(@Nullable V value, About about, long askNanos) {
    this.value = value;
    this.about = about;
    this.askNanos = about.failure == null ? askNanos : about.readNanos;
  }

  /** The same copy with another deadline. */
  LocalEntry(LocalEntry<V> copy, long deadlineNanos) {
    this.value = copy.value;
    this.about = new About(copy.about, deadlineNanos);
    this.askNanos = deadlineNanos;
  }

  /** Whether it counts, and no reader is to refresh it. */
  boolean isQuiet(long now) {
    return askNanos - now > 0;
  }

  boolean isBeforeDeadline(long now) {
    return about.deadlineNanos - now > 0;
  }

  /** Makes the caller the one reader that refreshes the copy. */
  void claimRefresh() {
    if (about.failure == null) {
      askNanos = about.deadlineNanos;
    }
  }
}
