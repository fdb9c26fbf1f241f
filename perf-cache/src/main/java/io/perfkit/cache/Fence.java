package io.perfkit.cache;

import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Makes what was read before an invalidation lose. Keys share stripes by hash; a stripe's epoch
 * only grows, with each invalidation of one of its keys. Whoever reads or loads a value takes the
 * epoch first and keeps it with the value, which counts only while the epoch is still the same. A
 * shared stripe costs a needless miss, never a stale hit. Thread safe.
 */
final class Fence {

  /* Invariants
   * F1  epoch(s) grows with every advance of s and every advanceAll, and never falls: it is the sum of
   *     two counters that only grow, so equal sums mean that neither moved. (That 2^32 advances pass
   *     while one value is read is ruled out by time.)
   * F2  a value read before an advance has an older epoch than any epoch seen after it. */
  private static final int STRIPES_MAX = 1 << 20;

  private final AtomicIntegerArray advances;
  private volatile int advancesOfAll;

  /**
   * Two stripes or more for each entry: seldom shared, and small enough for a processor's cache.
   */
  Fence(long maxEntries) {
    long wanted = Math.min(STRIPES_MAX, Math.max(64, maxEntries * 2));
    this.advances = new AtomicIntegerArray(Integer.highestOneBit((int) (wanted * 2 - 1)));
  }

  int stripe(int hash) {
    return hash & (advances.length() - 1);
  }

  int epoch(int stripe) {
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
  boolean advanceFrom(int stripe, int epoch) {
    return advances.getAndIncrement(stripe) + advancesOfAll == epoch;
  }

  /** Ends every value. One thread at a time. */
  @SuppressWarnings("NonAtomicVolatileUpdate") // only the subscriber's thread writes
  void advanceAll() {
    advancesOfAll++;
  }
}
