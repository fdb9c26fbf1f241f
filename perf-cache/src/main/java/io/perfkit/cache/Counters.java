package io.perfkit.cache;

import java.util.concurrent.atomic.LongAdder;

/** The counts behind {@link CacheStats}. Thread safe. */
final class Counters {
  final LongAdder l1Hits = new LongAdder();
  final LongAdder l2Hits = new LongAdder();
  final LongAdder misses = new LongAdder();
  final LongAdder puts = new LongAdder();
  final LongAdder loads = new LongAdder();
  final LongAdder loadFailures = new LongAdder();
  final LongAdder loadNanos = new LongAdder();
  final LongAdder leaseWaits = new LongAdder();
  final LongAdder leaseWaitNanos = new LongAdder();
  final LongAdder staleServed = new LongAdder();
  final LongAdder refreshesSkipped = new LongAdder();
  final LongAdder failuresRemembered = new LongAdder();

  void got(Found<?> found) {
    if (found.stale()) {
      staleServed.increment();
    }
    switch (found.source()) {
      case L1 -> l1Hits.increment();
      case L2 -> l2Hits.increment();
      case LOADER -> misses.increment();
    }
  }

  CacheStats snapshot(LocalLevel<?, ?> local, SecondLevel<?> l2) {
    return new CacheStats(
        l1Hits.sum(),
        l2Hits.sum(),
        misses.sum(),
        puts.sum(),
        loads.sum(),
        loadFailures.sum(),
        l2.failures(),
        staleServed.sum(),
        refreshesSkipped.sum(),
        failuresRemembered.sum(),
        loadNanos.sum(),
        leaseWaits.sum(),
        leaseWaitNanos.sum(),
        local.evictedBySize(),
        local.evictedByAge(),
        l2.unreadable(),
        l2.unwritable());
  }
}
