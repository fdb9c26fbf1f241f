package io.perfkit.ratelimit;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.concurrent.atomic.LongAdder;

/**
 * A policy as one limiter knows it, shared by all its plans: its kind and numbers as scripts name
 * them, and its counts so far. Thread safe.
 */
final class Rule {
  /** Bytes of a rule as scripts read it, calendars excluded. */
  static final int BYTES = 2 + 4 * Long.BYTES;

  final LongAdder allowed = new LongAdder();
  final LongAdder denied = new LongAdder();
  final LongAdder degraded = new LongAdder();
  final LongAdder deniedFromCache = new LongAdder();

  /* Of a leased policy: requests admitted from held permits, and permits received and returned. */
  final LongAdder leaseHits = new LongAdder();
  final LongAdder leaseGranted = new LongAdder();
  final LongAdder leaseReturned = new LongAdder();

  private final Policy policy;
  private final int number;
  private final char kind;
  private final long a;
  private final long b;
  private final long timesMax;

  /**
   * @param number its place among the limiter's rules, by which they are locked
   */
  Rule(Policy policy, int number) {
    this.policy = policy;
    this.number = number;
    this.timesMax = policy.limit().capacity() / policy.cost();
    if (policy.limit() instanceof Limit.TokenBucket bucket) {
      kind = 'b';
      a = bucket.unitsPerPermit();
      b = bucket.unitsPerMicro();
    } else if (policy.limit() instanceof Limit.SlidingWindow window) {
      kind = window.logged() ? 'l' : 's';
      a = window.logged() ? Limit.micros(window.window()) : window.segmentMicros();
      b = 0;
    } else {
      kind =
          policy.limit() instanceof Limit.FixedWindow
              ? 'f'
              : policy.limit() instanceof Limit.CalendarQuota ? 'c' : 'n';
      a = Limit.micros(policy.limit().period());
      b = 0;
    }
  }

  Policy policy() {
    return policy;
  }

  int number() {
    return number;
  }

  /** The kind as {@code check.lua} lists it. */
  char kind() {
    return kind;
  }

  /** First number of the kind. */
  long a() {
    return a;
  }

  /** Second number of the kind. */
  long b() {
    return b;
  }

  /** The most times its cost that it ever has at once. */
  long timesMax() {
    return timesMax;
  }

  boolean isBucket() {
    return kind == 'b';
  }

  /** Whether nodes lease permits in batches and spend them by themselves. */
  boolean leased() {
    return !policy.lease().isZero();
  }

  /** Whether permits are held rather than spent. */
  boolean leases() {
    return kind == 'n';
  }

  /** Most permits at once in a store that counts {@code share} of the limit. */
  long capacity(double share) {
    return Math.max(policy.cost(), (long) (policy.limit().capacity() * share));
  }

  /** Bytes of {@link #pack(ByteBuffer, long, Instant)}. */
  int bytes() {
    return kind == 'c' ? BYTES + 2 * Long.BYTES : BYTES;
  }

  /** Writes itself for scripts that do not need the calendar. */
  void pack(ByteBuffer target, long cost) {
    head(target, cost).putLong(a).putLong(b);
  }

  /** Writes itself for {@code check.lua}, a calendar with the intervals around a time. */
  void pack(ByteBuffer target, long cost, Instant now) {
    if (policy.limit() instanceof Limit.CalendarQuota quota) {
      head(target, cost);
      for (long boundary : CalendarIntervals.around(quota, now)) {
        target.putLong(boundary);
      }
    } else {
      pack(target, cost);
    }
  }

  private ByteBuffer head(ByteBuffer target, long cost) {
    return target
        .put((byte) kind)
        .put((byte) (policy.shadow() ? '1' : '0'))
        .putLong(cost)
        .putLong(policy.limit().capacity());
  }
}
