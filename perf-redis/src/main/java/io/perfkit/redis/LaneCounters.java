package io.perfkit.redis;

import java.util.List;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;

/** The counts behind {@link LaneStats}. Thread safe. */
final class LaneCounters {
  private final LongAdder batches = new LongAdder();
  private final LongAdder commands = new LongAdder();
  private final LongAccumulator biggest = new LongAccumulator(Math::max, 0);
  private final LongAdder timeouts = new LongAdder();
  private final LongAdder notSent = new LongAdder();

  void batch(List<LaneCall> batch) {
    int size = 0;
    for (LaneCall call : batch) {
      size += call.size();
    }
    batches.increment();
    commands.add(size);
    biggest.accumulate(size);
  }

  void failed(Waiter.Ended ended) {
    if (!ended.sent()) {
      notSent.increment();
    } else if (ended.reason() == Waiter.Ended.Reason.TIMED_OUT) {
      timeouts.increment();
    }
  }

  LaneStats snapshot(int waiting) {
    return new LaneStats(
        batches.sum(), commands.sum(), biggest.intValue(), timeouts.sum(), notSent.sum(), waiting);
  }
}
