package io.perfkit.ratelimit;

import java.time.InstantSource;
import java.util.function.LongFunction;

/** Chooses the counter of a rule by the kind of its limit, and knows what one takes. */
final class LocalCounters {
  /** A key of 40 characters, its place in the table, a counter without its state, and a lock. */
  private static final int BYTES = 300;

  private static final int HELD_BYTES = 32;

  private LocalCounters() {}

  /** Approximate bytes of a key of {@code share} of the rule's limit that has spent all of it. */
  static long bytes(Rule rule, double share) {
    return switch (rule.kind()) {
      case 'l' -> BYTES + Long.BYTES * rule.capacity(share);
      case 's' -> BYTES + Long.BYTES * (Limit.SlidingWindow.SEGMENTS + 1);
      case 'n' -> BYTES + HELD_BYTES * rule.capacity(share);
      default -> BYTES;
    };
  }

  /**
   * Makes counters of {@code share} of the rule's limit, which begin at a time with nothing spent.
   */
  static LongFunction<LocalCounter> of(Rule rule, double share, InstantSource wall) {
    LongFunction<LocalCounter> fresh = fresh(rule, share, wall);
    return now -> fresh.apply(now).starting(rule, now);
  }

  private static LongFunction<LocalCounter> fresh(Rule rule, double share, InstantSource wall) {
    long capacity = rule.capacity(share);
    Limit limit = rule.policy().limit();
    if (limit instanceof Limit.TokenBucket bucket) {
      long permits = Math.max(1, (long) (bucket.permits() * share));
      BucketCounter.Shape shape = new BucketCounter.Shape(permits, bucket.period(), capacity);
      return now -> new BucketCounter(shape, now);
    }
    if (limit instanceof Limit.SlidingWindow window) {
      return window.logged()
          ? now -> new LogCounter(capacity, window.window())
          : now -> new SegmentCounter(capacity, window.segmentMicros());
    }
    if (limit instanceof Limit.Concurrency held) {
      return now -> new HeldCounter(capacity, held.maxHold());
    }
    return now -> new FixedWindowCounter(capacity, limit, wall);
  }
}
