package io.perfkit.ratelimit;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * A policy as one limiter knows it, shared by all its plans: its kind and numbers as scripts name
 * them, and its counts so far. A key with a limit of its own has a rule of its own, which shares
 * number and counts with the policy's. Thread safe.
 */
final class Rule {
  /** Bytes of a rule as scripts read it, calendars excluded. */
  static final int BYTES = 2 + 4 * Long.BYTES;

  private static final char CHARGE = '2';

  final LongAdder allowed;
  final LongAdder denied;
  final LongAdder degraded;
  final LongAdder deniedFromCache;

  /* Of a leased policy: requests admitted by held permits, and permits received and returned. */
  final LongAdder leaseHits = new LongAdder();
  final LongAdder leaseGranted = new LongAdder();
  final LongAdder leaseReturned = new LongAdder();

  private final Rule base;
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
    this(policy, number, null);
  }

  private Rule(Policy policy, int number, @Nullable Rule general) {
    this.policy = policy;
    this.number = number;
    this.base = general == null ? this : general;
    this.allowed = general == null ? new LongAdder() : general.allowed;
    this.denied = general == null ? new LongAdder() : general.denied;
    this.degraded = general == null ? new LongAdder() : general.degraded;
    this.deniedFromCache = general == null ? new LongAdder() : general.deniedFromCache;
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

  /**
   * The rule of a key with another limit.
   *
   * @throws IllegalArgumentException if the policy can't have that limit
   */
  Rule with(Limit limit) {
    return limit.equals(policy.limit()) ? this : new Rule(policy.withLimit(limit), number, base);
  }

  /** The policy's own rule. */
  Rule base() {
    return base;
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
    pack(target, cost, policy.limit().capacity());
  }

  /** Writes itself for {@code refund.lua}, which refunds {@code cost} of {@code charged}. */
  void pack(ByteBuffer target, long cost, long charged) {
    head(target, mode(), cost, charged).putLong(a).putLong(b);
  }

  /** Writes itself for {@code check.lua}, a calendar with the intervals around a time. */
  void pack(ByteBuffer target, long cost, Instant now) {
    pack(target, mode(), cost, now);
  }

  /** The same for a charge that is made whether or not there is room. */
  void packCharge(ByteBuffer target, long cost, Instant now) {
    pack(target, CHARGE, cost, now);
  }

  private void pack(ByteBuffer target, char mode, long cost, Instant now) {
    head(target, mode, cost, policy.limit().capacity());
    if (policy.limit() instanceof Limit.CalendarQuota quota) {
      for (long boundary : CalendarIntervals.around(quota, now)) {
        target.putLong(boundary);
      }
    } else {
      target.putLong(a).putLong(b);
    }
  }

  private char mode() {
    return policy.shadow() ? '1' : '0';
  }

  private ByteBuffer head(ByteBuffer target, char mode, long cost, long number) {
    return target.put((byte) kind).put((byte) mode).putLong(cost).putLong(number);
  }
}
