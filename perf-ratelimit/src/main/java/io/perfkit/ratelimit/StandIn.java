package io.perfkit.ratelimit;

import java.time.Duration;
import java.time.InstantSource;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

/**
 * Decides while Redis can't be asked, each rule as its policy says; counts what Redis admits
 * meanwhile, so that it does not begin with full buckets. Thread safe.
 */
final class StandIn implements Store {
  private final LocalStore counts;
  private final long retryMicros;

  /**
   * @param retryAfter what the refused are told to wait: Redis is tried again by then
   */
  StandIn(int keysMax, Duration retryAfter, LongSupplier nanos, InstantSource wall) {
    this.counts = new LocalStore(keysMax, rule -> rule.policy().onRedisDown().share(), nanos, wall);
    this.retryMicros = Limit.micros(retryAfter);
  }

  /** Takes note of equal requests that Redis admitted. */
  void mirror(Ask ask, int times) {
    Ask local = only(ask, FailureMode.Kind.LOCAL);
    if (local.size() > 0) {
      counts.mirror(local, times);
    }
  }

  @Override
  public Standing decide(Ask ask, boolean charge) {
    Ask closed = ask.only(i -> isClosed(ask, i));
    if (closed.size() > 0) {
      return new Standing(closed, refused(closed), new byte[0], true);
    }
    Ask local = only(ask, FailureMode.Kind.LOCAL);
    return counts.decide(local.only(i -> isInShare(local, i)), charge).asDegraded();
  }

  /** Whether rule {@code i} refuses, be it that the request is too much for this node's share. */
  private static boolean isClosed(Ask ask, int i) {
    Policy policy = ask.rule(i).policy();
    return !policy.shadow()
        && switch (policy.onRedisDown().kind()) {
          case OPEN -> false;
          case CLOSED -> true;
          case LOCAL -> !isInShare(ask, i);
        };
  }

  private static boolean isInShare(Ask ask, int i) {
    Rule rule = ask.rule(i);
    return ask.cost(i) <= rule.capacity(rule.policy().onRedisDown().share());
  }

  private long[] refused(Ask closed) {
    long[] numbers = new long[closed.size() * Standing.WIDTH];
    for (int i = 0; i < closed.size(); i++) {
      int at = i * Standing.WIDTH;
      numbers[at + Standing.CODE] = Standing.DOWN;
      numbers[at + Standing.LIMIT] = closed.rule(i).policy().limit().capacity();
      numbers[at + Standing.WAIT] = retryMicros;
    }
    return numbers;
  }

  private static Ask only(Ask ask, FailureMode.Kind kind) {
    return ask.only(i -> ask.rule(i).policy().onRedisDown().kind() == kind);
  }

  @Override
  public boolean giveBack(Standing standing, Predicate<Rule> which) {
    return counts.giveBack(standing, which);
  }

  @Override
  public void block(Ask ask, Duration duration) {
    counts.block(ask, duration);
  }

  @Override
  public void reset(Ask ask) {
    counts.reset(ask);
  }

  @Override
  public boolean available() {
    return true;
  }

  @Override
  public int keys() {
    return counts.keys();
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
