package io.perfkit.ratelimit;

import io.perfkit.redis.BreakerState;
import java.time.Duration;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * The fallback while Redis is down: decides each rule by its policy's {@link OnRedisDown}. While
 * Redis is up it counts what Redis admits, so that it does not begin with full buckets. Thread
 * safe.
 */
final class FallbackStore implements Store {
  private final LocalStore counts;
  private final long retryMicros;

  /**
   * @param retryAfter the wait of a refusal, after which Redis is tried again
   */
  FallbackStore(
      RateLimiterConfig config, Duration retryAfter, LongSupplier nanos, InstantSource wall) {
    this.counts =
        new LocalStore(config, rule -> rule.policy().onRedisDown().share(), false, nanos, wall);
    this.retryMicros = Limit.micros(retryAfter);
  }

  /** Counts equal requests that Redis admitted. */
  void mirror(CheckRequest check, int times) {
    CheckRequest local = only(check, OnRedisDown.Kind.LOCAL);
    if (local.size() > 0) {
      counts.mirror(local, times);
    }
  }

  @Override
  public CheckResult decide(CheckRequest check, boolean charge) {
    CheckRequest closed = check.only(i -> isClosed(check, i));
    if (closed.size() > 0) {
      return new CheckResult(closed, refused(closed), new byte[0], true);
    }
    CheckRequest local = only(check, OnRedisDown.Kind.LOCAL);
    return counts.decide(local.only(i -> isInShare(local, i)), charge).asDegraded();
  }

  /** Whether rule {@code i} refuses, for example a request that exceeds this node's share. */
  private static boolean isClosed(CheckRequest check, int i) {
    Policy policy = check.rule(i).policy();
    return !policy.shadow()
        && switch (policy.onRedisDown().kind()) {
          case OPEN -> false;
          case CLOSED -> true;
          case LOCAL -> !isInShare(check, i);
        };
  }

  private static boolean isInShare(CheckRequest check, int i) {
    Rule rule = check.rule(i);
    return check.cost(i) <= rule.capacity(rule.policy().onRedisDown().share());
  }

  private long[] refused(CheckRequest closed) {
    long[] numbers = new long[closed.size() * CheckResult.WIDTH];
    for (int i = 0; i < closed.size(); i++) {
      int at = i * CheckResult.WIDTH;
      numbers[at + CheckResult.CODE] = CheckResult.DOWN;
      numbers[at + CheckResult.LIMIT] = closed.rule(i).policy().limit().capacity();
      numbers[at + CheckResult.WAIT] = retryMicros;
    }
    return numbers;
  }

  private static CheckRequest only(CheckRequest check, OnRedisDown.Kind kind) {
    return check.only(i -> check.rule(i).policy().onRedisDown().kind() == kind);
  }

  @Override
  public boolean giveBack(CheckResult result, CheckResult.Refund refund, Predicate<Rule> which) {
    return counts.giveBack(result, refund, which);
  }

  @Override
  public boolean charge(CheckRequest check) {
    return counts.charge(only(check, OnRedisDown.Kind.LOCAL));
  }

  @Override
  public boolean renew(CheckResult result) {
    return counts.renew(result);
  }

  @Override
  public void block(CheckRequest check, Duration duration) {
    counts.block(check, duration);
  }

  @Override
  public void reset(CheckRequest check) {
    counts.reset(check);
  }

  @Override
  public BreakerState breaker() {
    return BreakerState.CLOSED;
  }

  @Override
  public int keys() {
    return counts.keys();
  }

  @Override
  public boolean isFull() {
    return counts.isFull();
  }

  @Override
  public long overflows() {
    return counts.overflows();
  }

  @Override
  public void close() {
    counts.close();
  }
}
