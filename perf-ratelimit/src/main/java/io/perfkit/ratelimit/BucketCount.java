package io.perfkit.ratelimit;

import io.github.bucket4j.Bucket;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.EstimationProbe;
import io.github.bucket4j.TimeMeter;
import io.github.bucket4j.local.SynchronizationStrategy;
import java.math.BigInteger;
import java.time.Duration;

/**
 * A token bucket of bucket4j. One permit is as many of its tokens as nanoseconds pass until a
 * permit returns, so that parts of a permit can be given back. The monitor of the count guards it,
 * since several counts are decided together.
 */
final class BucketCount extends Count implements TimeMeter {
  private final Bucket bucket;
  private final long permits;
  private final long tokensPerPermit;
  private final long refill;
  private final long refillNanos;
  private long now;

  BucketCount(long permitsPerPeriod, Duration period, long capacity, long now) {
    this.now = now;
    permits = capacity;
    tokensPerPermit = Math.max(1, period.toNanos() / permitsPerPeriod);
    long tokens = permitsPerPeriod * tokensPerPermit;
    long common =
        BigInteger.valueOf(tokens).gcd(BigInteger.valueOf(period.toNanos())).longValueExact();
    refill = tokens / common;
    refillNanos = period.toNanos() / common;
    bucket =
        Bucket.builder()
            .addLimit(
                limit ->
                    limit
                        .capacity(capacity * tokensPerPermit)
                        .refillGreedy(refill, Duration.ofNanos(refillNanos)))
            .withCustomTimePrecision(this)
            .withSynchronizationStrategy(SynchronizationStrategy.NONE)
            .build();
  }

  @Override
  void look(long at, long cost, long[] numbers, int place) {
    now = at;
    EstimationProbe probe = bucket.estimateAbilityToConsume(Math.max(1, cost * tokensPerPermit));
    write(
        probe.getRemainingTokens(),
        cost == 0 || probe.canBeConsumed(),
        probe.getNanosToWaitForRefill(),
        numbers,
        place);
  }

  /** One step of the bucket instead of three; the numbers are worked out without the lock. */
  @Override
  boolean decideAlone(long at, long cost, boolean charge, long[] numbers) {
    ConsumptionProbe probe;
    synchronized (this) {
      if (!charge || forgotten() || isBlocked(at)) {
        return super.decideAlone(at, cost, charge, numbers);
      }
      now = at;
      probe = bucket.tryConsumeAndReturnRemaining(cost * tokensPerPermit);
    }
    write(
        probe.getRemainingTokens(),
        probe.isConsumed(),
        probe.getNanosToWaitForRefill(),
        numbers,
        0);
    numbers[Standing.CODE] = probe.isConsumed() ? Standing.ADMITS : Standing.SPENT;
    numbers[Standing.TIME] = at;
    return true;
  }

  private void write(long tokens, boolean admits, long waitNanos, long[] numbers, int place) {
    numbers[place + Standing.LIMIT] = permits;
    numbers[place + Standing.REMAINING] = tokens / tokensPerPermit;
    numbers[place + Standing.RESET] = microsUp(nanosUntil(permits * tokensPerPermit - tokens));
    long roundedDown = refill == refillNanos ? 0 : 1;
    numbers[place + Standing.WAIT] = admits ? 0 : microsUp(waitNanos + roundedDown);
  }

  /** Until so many tokens have returned, rounded up. */
  private long nanosUntil(long tokens) {
    if (refill == refillNanos) {
      return tokens;
    }
    long whole = tokens / refill * refillNanos;
    double part = Math.ceil((double) (tokens % refill) * refillNanos / refill);
    return whole + (long) part;
  }

  @Override
  void take(long at, long cost) {
    now = at;
    if (cost > 0) {
      bucket.tryConsume(cost * tokensPerPermit);
    }
  }

  @Override
  void giveBack(long at, long cost, long time) {
    now = at;
    long returned = Math.min(Math.max(0, at - time), nanosUntil(cost * tokensPerPermit));
    long left = cost * tokensPerPermit - (long) Math.ceil((double) returned * refill / refillNanos);
    if (left > 0) {
      bucket.addTokens(left);
    }
  }

  @Override
  public long currentTimeNanos() {
    return now;
  }

  @Override
  public boolean isWallClockBased() {
    return false;
  }
}
