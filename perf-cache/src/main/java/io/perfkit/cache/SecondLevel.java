package io.perfkit.cache;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The entries of one cache behind the local copies. Thread safe. */
interface SecondLevel<V> {

  /**
   * A question for one entry.
   *
   * @param leased whether to take the lease if there is no entry, or it is to be loaded again
   * @param copy the caller's copy of an earlier entry, which need not be sent again
   */
  record Question<V>(Address address, boolean leased, @Nullable LocalEntry<V> copy) {}

  /**
   * The result of a load, to be stored.
   *
   * @param lease null if another holds it, and then nothing is stored
   * @param ttl expired removes what is there
   * @param failure remembered in place of the entry
   */
  record Fill<V>(
      Address address,
      @Nullable EntryVersion lease,
      Entry<V> entry,
      Ttl ttl,
      @Nullable Failure failure) {
    boolean isKept() {
      return !ttl.isExpired();
    }
  }

  /** A lease to release. */
  record Release(Address address, EntryVersion lease) {}

  /** The address of a key's entry. */
  Address address(String text);

  /** Asks for entries. */
  List<L2Reply<V>> lookup(List<Question<V>> questions);

  /**
   * Stores loaded entries under their leases.
   *
   * @return for each whether it may be kept: not if its lease was lost, so that it may be older
   *     than an invalidation, nor if its value can't be written, which is counted
   */
  List<Boolean> fill(List<Fill<V>> fills);

  /**
   * Releases leases, so that the next callers get them at once, or after {@code cooldown} if there
   * is a stale entry.
   */
  void release(List<Release> releases, Duration cooldown);

  /**
   * Stores an entry and ends all nodes' copies.
   *
   * @throws io.perfkit.redis.CodecFailed if the value can't be written; nothing was done
   */
  EntryVersion put(Address address, Entry<V> entry, Ttl ttl);

  /** Removes entries and ends all nodes' copies. */
  void invalidate(Collection<Address> addresses);

  /** Ends all entries of a tag, on all nodes. */
  void invalidateTag(String tag);

  /** Ends all entries, on all nodes. */
  void clear();

  /**
   * Does nothing while this level is open.
   *
   * @throws IllegalStateException after {@link Caches#close()}
   */
  void requireOpen();

  /** State of this level now. */
  CacheHealth health(long now);

  /** Commands that were not answered or refused, since the start. */
  long failures();

  /** Entries found that could not be decoded and counted as absent. */
  long unreadable();

  /** Loaded values that could not be encoded; they were served even so. */
  long unwritable();
}
