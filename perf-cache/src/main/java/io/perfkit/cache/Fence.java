package io.perfkit.cache;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;

/**
 * Local fencing by epochs: a value that was read before an invalidation does not count after it.
 * Keys and tags share stripes by hash; a stripe's epoch only grows, with each invalidation of a key
 * or tag of it. A thread that reads or loads a value takes the epoch first and keeps it with the
 * value, which counts only while the epoch is still the same. A shared stripe costs a needless
 * miss, never a stale hit. Thread safe.
 */
final class Fence {

  /* Invariants
   * F1  an epoch grows with every advance of its stripes and every advanceAll, and never falls: it is
   *     a sum of counters that only grow, so equal sums mean that none moved. (That 2^32 advances pass
   *     while one value is read is ruled out by time.)
   * F2  a value read before an advance has an older epoch than any epoch seen after it.
   * F3  the tags of a value are known only after it was read. Their epoch may be taken then if
   *     tagAdvances, taken before, has not moved: advanceTag moves it before it moves a stripe.
   * F4  moves is moved last by every advance. So a thread that took moves, then found an epoch
   *     unchanged, knows that it is unchanged for as long as moves is: an advance that has returned
   *     has moved it. */
  private static final int STRIPES_MAX = 1 << 20;

  private final AtomicIntegerArray advances;
  private final AtomicInteger advancesOfAll = new AtomicInteger();
  private final AtomicInteger tagAdvances = new AtomicInteger();
  private final AtomicInteger moves = new AtomicInteger();

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
    return advances.get(stripe) + advancesOfAll.get();
  }

  /** The epoch of a key with tags. */
  int epoch(int stripe, int[] tagStripes) {
    return epoch(stripe) + sum(tagStripes);
  }

  /** What tags add to the epoch of their key. */
  int sum(int[] tagStripes) {
    int sum = 0;
    for (int tagStripe : tagStripes) {
      sum += advances.get(tagStripe);
    }
    return sum;
  }

  /** Changes with every advance; while it does not, no epoch does. */
  int moves() {
    return moves.get();
  }

  /** How often a tag was advanced. */
  int tagAdvances() {
    return tagAdvances.get();
  }

  void advance(int stripe) {
    advances.getAndIncrement(stripe);
    moves.getAndIncrement(); // F4
  }

  void advanceTag(int stripe) {
    tagAdvances.getAndIncrement(); // F3
    advance(stripe);
  }

  /**
   * Advances the stripe in any case.
   *
   * @return whether nothing else advanced it since {@code epoch}, so that {@code epoch + 1} is its
   *     epoch now
   */
  boolean advanceFrom(int stripe, int epoch) {
    boolean first = advances.getAndIncrement(stripe) + advancesOfAll.get() == epoch;
    moves.getAndIncrement(); // F4
    return first;
  }

  /** Ends every value. */
  void advanceAll() {
    tagAdvances.getAndIncrement();
    advancesOfAll.getAndIncrement();
    moves.getAndIncrement(); // F4
  }
}
