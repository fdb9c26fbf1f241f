package io.perfkit.ratelimit;

import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.BucketState;
import io.github.bucket4j.MathType;
import java.math.BigInteger;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A token bucket in this process, by bucket4j: its state without its clock and locks, since several
 * counters are decided together at one reading of the clock.
 */
final class BucketCounter extends LocalCounter {
  private static final long DEBT_NANOS = Limit.SPAN_MAX.toNanos();

  private final Shape shape;
  private final BucketState state;

  BucketCounter(Shape shape, long now) {
    super(shape.permits);
    this.shape = shape;
    this.state = BucketState.createInitialState(shape.configuration, MathType.INTEGER_64_BITS, now);
  }

  /**
   * The parameters that all buckets of a rule share. One permit is as many of bucket4j's tokens as
   * nanoseconds pass until a permit returns, so that parts of a permit can be given back.
   */
  static final class Shape {
    private final long permits;
    private final long tokensPerPermit;
    private final long refill;
    private final long refillNanos;
    private final BucketConfiguration configuration;

    /** The most tokens that are owed, so that no number of it overflows. */
    private final long maxDebt;

    Shape(long permitsPerPeriod, Duration period, long capacity) {
      permits = capacity;
      tokensPerPermit = Math.max(1, period.toNanos() / permitsPerPeriod);
      long tokens = permitsPerPeriod * tokensPerPermit;
      long common =
          BigInteger.valueOf(tokens).gcd(BigInteger.valueOf(period.toNanos())).longValueExact();
      refill = tokens / common;
      refillNanos = period.toNanos() / common;
      maxDebt = (long) Math.min(Long.MAX_VALUE / 4.0, (double) DEBT_NANOS * refill / refillNanos);
      configuration =
          BucketConfiguration.builder()
              .addLimit(
                  limit ->
                      limit
                          .capacity(capacity * tokensPerPermit)
                          .refillGreedy(refill, Duration.ofNanos(refillNanos)))
              .build();
    }

    /** The tokens of that many permits; at most {@code Long.MAX_VALUE / 4}. */
    long tokens(long cost) {
      return cost > Long.MAX_VALUE / 4 / tokensPerPermit
          ? Long.MAX_VALUE / 4
          : cost * tokensPerPermit;
    }

    boolean hasRateOf(Shape other) {
      return refill == other.refill
          && refillNanos == other.refillNanos
          && tokensPerPermit == other.tokensPerPermit;
    }

    /** Nanoseconds until that many tokens have returned, rounded up. */
    long nanosUntil(long tokens) {
      if (refill == refillNanos) {
        return tokens;
      }
      long whole = tokens / refill * refillNanos;
      double part = Math.ceil((double) (tokens % refill) * refillNanos / refill);
      return whole + (long) part;
    }

    /** The tokens that return in a time, rounded up. */
    long tokensIn(long nanos) {
      return (long) Math.ceil((double) nanos * refill / refillNanos);
    }

    /** Writes the numbers of a bucket with that many tokens. */
    void write(long tokens, long waitNanos, long[] numbers, int place) {
      numbers[place + CheckResult.LIMIT] = permits;
      numbers[place + CheckResult.REMAINING] = Math.max(0, tokens / tokensPerPermit);
      numbers[place + CheckResult.RESET] = microsUp(nanosUntil(permits * tokensPerPermit - tokens));
      numbers[place + CheckResult.WAIT] = microsUp(waitNanos);
    }
  }

  @Override
  void read(long now, long cost, long[] numbers, int place) {
    state.refillAllBandwidth(now);
    shape.write(state.getAvailableTokens(), wait(now, cost), numbers, place);
  }

  /** Nanoseconds until that many permits are available; after the state was brought up to now. */
  private long wait(long now, long cost) {
    long tokens = cost * shape.tokensPerPermit;
    if (tokens <= state.getAvailableTokens()) {
      return 0;
    }
    long roundedDown = shape.refill == shape.refillNanos ? 0 : 1;
    return state.calculateDelayNanosAfterWillBePossibleToConsume(tokens, now, true) + roundedDown;
  }

  /** One step instead of three; computes the numbers without the lock. */
  @Override
  @Nullable CheckResult decideAlone(long now, CheckRequest check, boolean charge) {
    long cost = check.cost(0);
    long left;
    long wait;
    lock();
    try {
      if (!charge || forgotten() || isBlocked(now) || carries(now)) {
        return decideLocked(now, check, charge);
      }
      state.refillAllBandwidth(now);
      left = state.getAvailableTokens();
      wait = 0;
      long tokens = cost * shape.tokensPerPermit;
      if (tokens <= left) {
        state.consume(tokens);
        left -= tokens;
        admit();
      } else {
        wait = wait(now, cost);
      }
    } finally {
      unlock();
    }
    long[] numbers = new long[CheckResult.WIDTH];
    shape.write(left, wait, numbers, 0);
    numbers[CheckResult.CODE] = wait == 0 ? CheckResult.ADMITS : CheckResult.SPENT;
    numbers[CheckResult.TIME] = now;
    return CheckResult.of(check, numbers);
  }

  @Override
  void take(long now, long cost) {
    state.refillAllBandwidth(now);
    state.consume(cost * shape.tokensPerPermit);
  }

  @Override
  void takeBeyond(long now, long cost) {
    state.consume(
        Math.min(shape.tokens(cost), Math.max(0, state.getAvailableTokens() + shape.maxDebt)));
  }

  @Override
  long spent() {
    long tokens = shape.permits * shape.tokensPerPermit - state.getAvailableTokens();
    return (tokens + shape.tokensPerPermit - 1) / shape.tokensPerPermit;
  }

  @Override
  boolean copy(LocalCounter before, long now) {
    if (!(before instanceof BucketCounter bucket) || !shape.hasRateOf(bucket.shape)) {
      return false;
    }
    state.refillAllBandwidth(now);
    bucket.state.refillAllBandwidth(now);
    long full = bucket.shape.permits * bucket.shape.tokensPerPermit;
    state.consume(full - bucket.state.getAvailableTokens());
    return true;
  }

  @Override
  void giveBack(long now, long cost, long of, long time) {
    state.refillAllBandwidth(now);
    long charged = of * shape.tokensPerPermit;
    long returned = Math.min(Math.max(0, now - time), shape.nanosUntil(charged));
    long left = Math.min(cost * shape.tokensPerPermit, charged - shape.tokensIn(returned));
    if (left > 0) {
      state.addTokens(left);
    }
  }
}
