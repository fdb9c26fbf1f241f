package io.perfkit.cache;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Makes what was read before an invalidation lose. Keys share stripes by hash; a stripe's epoch
 * only grows, with each invalidation of one of its keys. Whoever reads or loads a value takes the
 * epoch first and keeps it with the value, which counts only while the epoch is still the same. A
 * shared stripe costs a needless miss, never a stale hit. Thread safe.
 */
final class Fence {

  /* Invariants
   * F1  epoch(s) never falls, and grows with every advance of s and every advanceAll: it is the sum
   *     of two counters that only grow, so equal sums mean that neither moved.
   * F2  a value read before an advance has an older epoch than any epoch seen after it. */
  private static final int STRIPES_MAX = 1 << 20;

  private final AtomicLongArray advances;
  private volatile long advancesOfAll;

  /** Four stripes for each entry, so that a stripe is seldom shared. */
  Fence(long maxEntries) {
    long wanted = Math.min(STRIPES_MAX, Math.max(64, maxEntries * 4));
    this.advances = new AtomicLongArray(Integer.highestOneBit((int) (wanted * 2 - 1)));
  }

  int stripe(int hash) {
    return hash & (advances.length() - 1);
  }

  long epoch(int stripe) {
    return advances.get(stripe) + advancesOfAll;
  }

  void advance(int stripe) {
    advances.incrementAndGet(stripe);
  }

  /**
   * Advances the stripe in any case.
   *
   * @return whether nothing else advanced it since {@code epoch}, so that {@code epoch + 1} is its
   *     epoch now
   */
  boolean advanceFrom(int stripe, long epoch) {
    return advances.getAndIncrement(stripe) + advancesOfAll == epoch;
  }

  /** Ends every value. One thread at a time. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // only the subscriber's thread writes
  void advanceAll() {
    advancesOfAll++;
  }
}
