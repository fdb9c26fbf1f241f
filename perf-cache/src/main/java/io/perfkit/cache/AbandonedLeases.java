package io.perfkit.cache;

import io.perfkit.cache.SecondLevel.Release;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.LongPredicate;

/**
 * Leases that lookups may have taken whose callers gave them up, so that nobody would fill them.
 * They are released once no such lookup can run any more. Bounded: beyond {@value #MAX_LEASES} a
 * lease runs out by itself. Thread safe.
 */
final class AbandonedLeases {
  static final int MAX_LEASES = 10_000;

  private final Queue<Abandoned> leases = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();

  private record Abandoned(Release release, long overMillis) {}

  /**
   * @param overMillis the node's time after which the lookup can't run any more
   */
  void add(Release release, long overMillis) {
    if (size.incrementAndGet() > MAX_LEASES) {
      size.decrementAndGet();
    } else {
      leases.add(new Abandoned(release, overMillis));
    }
  }

  /** Removes and returns up to {@code max} whose time {@code isOver}. */
  List<Release> take(int max, LongPredicate isOver) {
    List<Release> over = new ArrayList<>();
    Abandoned next = leases.peek();
    while (next != null && over.size() < max && isOver.test(next.overMillis())) {
      if (leases.remove(next)) {
        size.decrementAndGet();
        over.add(next.release());
      }
      next = leases.peek();
    }
    return over;
  }
}
