package io.perfkit.ratelimit;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.MILLISECONDS;

import com.google.errorprone.annotations.CheckReturnValue;
import java.time.Duration;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.regex.Pattern;

/**
 * One rule by which requests are counted: a {@link Limit} and how it is applied. The same policy in
 * several plans counts together. Immutable.
 *
 * @param name identifies its state; letters, digits and {@code . _ -}
 * @param limit how much is admitted
 * @param cost permits that one request takes, at least 1 and at most {@link Limit#capacity()};
 *     default 1
 * @param onRedisDown the fallback while Redis is down; default {@code local(1)}
 * @param shadow whether it only counts and reports, and refuses nothing; default false
 * @param hidden whether headers omit it; default false
 * @param lease for how long a node may spend leased permits by itself, 100 ms to 1 minute; default
 *     zero, which means that each request asks Redis; see {@link #leased}
 */
@CheckReturnValue
public record Policy(
    String name,
    Limit limit,
    long cost,
    OnRedisDown onRedisDown,
    boolean shadow,
    boolean hidden,
    Duration lease) {
  /** Least permits of a leased bucket, at once and in a second. */
  private static final long LEASED_MIN = 1_000;

  private static final Duration LEASE_MIN = Duration.ofMillis(100);
  private static final Duration LEASE_MAX = Duration.ofMinutes(1);
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9._-]{1,100}");

  public Policy {
    if (!PLAIN.matcher(requireNonNull(name, "name")).matches()) {
      throw new IllegalArgumentException(
          "name: '" + name + "' (expected: 1 to 100 of letters, digits and . _ -)");
    }
    requireNonNull(limit, "limit");
    if (cost < 1 || cost > limit.capacity()) {
      throw new IllegalArgumentException(
          "cost: " + cost + " (expected: 1 to the capacity " + limit.capacity() + ")");
    }
    requireNonNull(onRedisDown, "onRedisDown");
    if (!requireNonNull(lease, "lease").isZero()) {
      requireLeasable(limit, shadow, lease);
    }
  }

  private static void requireLeasable(Limit limit, boolean shadow, Duration lease) {
    if (lease.compareTo(LEASE_MIN) < 0 || lease.compareTo(LEASE_MAX) > 0) {
      throw new IllegalArgumentException(
          "lease: " + lease + " (expected: " + LEASE_MIN + " to " + LEASE_MAX + ", or zero)");
    }
    if (shadow) {
      throw new IllegalArgumentException("lease: " + lease + " (expected: zero of a shadow)");
    }
    boolean large = // one permit in a millisecond is LEASED_MIN in a second
        limit instanceof Limit.TokenBucket bucket
            && bucket.burst() >= LEASED_MIN
            && bucket.permits() >= MILLISECONDS.convert(bucket.period());
    if (!large) {
      throw new IllegalArgumentException(
          "lease: "
              + lease
              + " of "
              + limit
              + " (expected: zero, or a token bucket that holds and regains at least "
              + LEASED_MIN
              + " permits a second; smaller ones would only be held up where they are not needed)");
    }
  }

  /** A policy with the defaults. */
  public static Policy of(String name, Limit limit) {
    return new Policy(name, limit, 1, OnRedisDown.local(1), false, false, Duration.ZERO);
  }

  /** A token bucket of {@code permits} that regains {@code permits} per {@code period}, evenly. */
  public static Policy tokenBucket(String name, long permits, Duration period) {
    return tokenBucket(name, permits, period, permits);
  }

  /** See {@link Limit.TokenBucket}. */
  public static Policy tokenBucket(String name, long permits, Duration period, long burst) {
    return of(name, new Limit.TokenBucket(permits, period, burst));
  }

  /** See {@link Limit.SlidingWindow}. */
  public static Policy slidingWindow(String name, long permits, Duration window) {
    return of(name, new Limit.SlidingWindow(permits, window));
  }

  /** See {@link Limit.FixedWindow}. */
  public static Policy fixedWindow(String name, long permits, Duration window) {
    return of(name, new Limit.FixedWindow(permits, window));
  }

  /** See {@link Limit.CalendarQuota}. */
  public static Policy calendarQuota(String name, long permits, ChronoUnit unit, ZoneId zone) {
    return of(name, new Limit.CalendarQuota(permits, unit, zone));
  }

  /** See {@link Limit.CalendarQuota}; each interval begins as that of {@code anchor} does. */
  public static Policy calendarQuota(
      String name, long permits, ChronoUnit unit, ZoneId zone, LocalDateTime anchor) {
    return of(name, new Limit.CalendarQuota(permits, unit, zone, anchor));
  }

  /** See {@link Limit.Concurrency}. */
  public static Policy concurrency(String name, long permits, Duration maxHold) {
    return of(name, new Limit.Concurrency(permits, maxHold));
  }

  /** The same policy with another limit; see {@link RateLimiter.Builder#limits}. */
  public Policy withLimit(Limit other) {
    return new Policy(name, other, cost, onRedisDown, shadow, hidden, lease);
  }

  /** The same policy with another cost of a request. */
  public Policy withCost(long permits) {
    return new Policy(name, limit, permits, onRedisDown, shadow, hidden, lease);
  }

  /** The same policy with another fallback while Redis is down. */
  public Policy withOnRedisDown(OnRedisDown mode) {
    return new Policy(name, limit, cost, mode, shadow, hidden, lease);
  }

  /** The same policy on trial: it counts and reports, and refuses nothing. */
  public Policy asShadow() {
    return new Policy(name, limit, cost, onRedisDown, true, hidden, lease);
  }

  /** The same policy, which headers omit. */
  public Policy asHidden() {
    return new Policy(name, limit, cost, onRedisDown, shadow, true, lease);
  }

  /**
   * The same policy with leases: each node gets permits in batches and spends them by itself, for
   * hot limits that all nodes share. Together the nodes still never admit more than the limit,
   * whatever fails; but the others lack the permits that one node holds until it spends or returns
   * them, or the lease ends. Applies in Redis only; in process it changes nothing.
   *
   * <p>A refund does not bring its permits back, {@link RateLimiter#block} refuses it, and while
   * Redis is down it begins to count by itself with a full bucket.
   *
   * @param life of a lease, and so how long the permits of a node that died are missing; about 1 s
   *     is right for most
   * @throws IllegalArgumentException for another limit than a token bucket of at least 1,000
   *     permits a second
   */
  public Policy leased(Duration life) {
    return new Policy(name, limit, cost, onRedisDown, shadow, hidden, life);
  }
}
