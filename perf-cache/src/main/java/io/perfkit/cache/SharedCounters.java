package io.perfkit.cache;

import java.util.concurrent.atomic.LongAdder;

/** The counts behind {@link SharedStats}. Thread safe. */
final class SharedCounters {
  final LongAdder copyReads = new LongAdder();
  final LongAdder redisReads = new LongAdder();
  final LongAdder oversizeReads = new LongAdder();
  final LongAdder writes = new LongAdder();
  final LongAdder unreadable = new LongAdder();
  final LongAdder redisFailures = new LongAdder();

  SharedStats snapshot() {
    return new SharedStats(
        copyReads.sum(),
        redisReads.sum(),
        oversizeReads.sum(),
        writes.sum(),
        unreadable.sum(),
        redisFailures.sum());
  }
}
