package io.perfkit.ratelimit.bucket4j;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import io.github.bucket4j.AbstractBucket;
import io.github.bucket4j.BucketConfiguration;
import io.github.bucket4j.BucketListener;
import io.github.bucket4j.ConsumptionProbe;
import io.github.bucket4j.EstimationProbe;
import io.github.bucket4j.Nothing;
import io.github.bucket4j.TokensInheritanceStrategy;
import io.github.bucket4j.VerboseResult;
import io.github.bucket4j.distributed.BucketProxy;
import io.github.bucket4j.distributed.OptimizationController;
import io.perfkit.ratelimit.Decision;
import io.perfkit.ratelimit.Limit;
import io.perfkit.ratelimit.LimitStatus;
import java.time.Duration;

/** One bucket of a {@link Bucket4jProxyManager}. Each call is one round trip. Thread safe. */
final class Bucket4jBucket extends AbstractBucket implements BucketProxy {
  private final Bucket4jProxyManager manager;
  private final String key;
  private volatile BucketConfiguration configuration;

  Bucket4jBucket(
      Bucket4jProxyManager manager,
      String key,
      BucketConfiguration configuration,
      BucketListener listener) {
    super(listener);
    this.manager = manager;
    this.key = key;
    this.configuration = configuration;
  }

  private Decision check(long tokens) {
    return manager.ask(
        key, configuration, (limiter, plan, request) -> limiter.check(plan, request, tokens));
  }

  private Decision peek() {
    return manager.ask(key, configuration, (limiter, plan, request) -> limiter.peek(plan, request));
  }

  private static long remaining(Decision decision) {
    return decision.limits().stream().mapToLong(LimitStatus::remaining).min().orElse(0);
  }

  private static long nanos(Duration wait) {
    return wait.compareTo(Limit.SPAN_MAX) > 0 ? INFINITY_DURATION : NANOSECONDS.convert(wait);
  }

  private static long nanosUntilFull(Decision decision) {
    return decision.limits().stream()
        .mapToLong(status -> nanos(status.resetAfter()))
        .max()
        .orElse(0);
  }

  /** Takes tokens that may not be there; nanoseconds until the bucket owes none. */
  private long charge(long tokens) {
    boolean unused =
        manager.ask(
            key, configuration, (limiter, plan, request) -> limiter.charge(plan, request, tokens));
    return peek().limits().stream().mapToLong(Bucket4jBucket::owed).max().orElse(0);
  }

  private static long owed(LimitStatus status) {
    Limit.TokenBucket bucket = (Limit.TokenBucket) status.policy().limit();
    double whole = (double) bucket.period().toNanos() * bucket.burst() / bucket.permits();
    return Math.max(0, nanos(status.resetAfter()) - (long) whole);
  }

  @Override
  protected boolean tryConsumeImpl(long tokens) {
    return check(tokens).allowed();
  }

  @Override
  protected ConsumptionProbe tryConsumeAndReturnRemainingTokensImpl(long tokens) {
    Decision decision = check(tokens);
    return decision.allowed()
        ? ConsumptionProbe.consumed(remaining(decision), nanosUntilFull(decision))
        : ConsumptionProbe.rejected(
            remaining(decision), nanos(decision.retryAfter()), nanosUntilFull(decision));
  }

  @Override
  protected EstimationProbe estimateAbilityToConsumeImpl(long tokens) {
    Decision full = peek();
    long left = remaining(full);
    if (tokens <= left) {
      return EstimationProbe.canBeConsumed(left);
    }
    long wait = 0;
    for (LimitStatus status : full.limits()) {
      Limit.TokenBucket bucket = (Limit.TokenBucket) status.policy().limit();
      long beyond = bucket.burst() - tokens; // when so many tokens lack until it is full
      wait =
          beyond < 0
              ? INFINITY_DURATION
              : Math.max(
                  wait,
                  nanos(status.resetAfter())
                      - (long) ((double) bucket.period().toNanos() * beyond / bucket.permits()));
    }
    return EstimationProbe.canNotBeConsumed(left, wait);
  }

  @Override
  protected long consumeAsMuchAsPossibleImpl(long limit) {
    for (long left = Math.min(limit, remaining(peek())); left > 0; ) {
      Decision decision = check(left);
      if (decision.allowed()) {
        return left;
      }
      left = Math.min(left - 1, remaining(decision)); // another caller was first
    }
    return 0;
  }

  /** Two round trips if tokens lack: a caller in between makes the wait longer. */
  @Override
  protected long reserveAndCalculateTimeToSleepImpl(long tokens, long maxWaitNanos) {
    Decision decision = check(tokens);
    if (decision.allowed()) {
      return 0;
    }
    return nanos(decision.retryAfter()) > maxWaitNanos ? INFINITY_DURATION : charge(tokens);
  }

  @Override
  protected long consumeIgnoringRateLimitsImpl(long tokens) {
    return charge(tokens);
  }

  @Override
  public long getAvailableTokens() {
    return remaining(peek());
  }

  @Override
  public void reset() {
    manager.reset(key);
  }

  @Override
  protected void replaceConfigurationImpl(
      BucketConfiguration other, TokensInheritanceStrategy strategy) {
    configuration = Bucket4jProxyManager.checked(other);
    if (strategy == TokensInheritanceStrategy.RESET) {
      manager.reset(key);
    } else {
      manager.changed(key);
    }
  }

  @Override
  public BucketProxy toListenable(BucketListener listener) {
    return new Bucket4jBucket(manager, key, configuration, listener);
  }

  /** Nothing is held back, so there is nothing to synchronize. */
  @Override
  public OptimizationController getOptimizationController() {
    return (tokens, age) -> {};
  }

  private static UnsupportedOperationException unsupported(String what, String instead) {
    return new UnsupportedOperationException(what + " (expected: " + instead + ")");
  }

  @Override
  protected void addTokensImpl(long tokens) {
    throw unsupported("addTokens", "reset, or RateLimiter.refund of a decision");
  }

  @Override
  protected void forceAddTokensImpl(long tokens) {
    throw unsupported("forceAddTokens", "reset, or RateLimiter.refund of a decision");
  }

  private static UnsupportedOperationException verbose() {
    return unsupported("asVerbose", "tryConsumeAndReturnRemaining, or RateLimiter.check");
  }

  @Override
  protected VerboseResult<Long> consumeAsMuchAsPossibleVerboseImpl(long limit) {
    throw verbose();
  }

  @Override
  protected VerboseResult<Boolean> tryConsumeVerboseImpl(long tokens) {
    throw verbose();
  }

  @Override
  protected VerboseResult<ConsumptionProbe> tryConsumeAndReturnRemainingTokensVerboseImpl(
      long tokens) {
    throw verbose();
  }

  @Override
  protected VerboseResult<EstimationProbe> estimateAbilityToConsumeVerboseImpl(long tokens) {
    throw verbose();
  }

  @Override
  protected VerboseResult<Long> getAvailableTokensVerboseImpl() {
    throw verbose();
  }

  @Override
  protected VerboseResult<Nothing> addTokensVerboseImpl(long tokens) {
    throw verbose();
  }

  @Override
  protected VerboseResult<Nothing> forceAddTokensVerboseImpl(long tokens) {
    throw verbose();
  }

  @Override
  protected VerboseResult<Nothing> resetVerboseImpl() {
    throw verbose();
  }

  @Override
  protected VerboseResult<Nothing> replaceConfigurationVerboseImpl(
      BucketConfiguration other, TokensInheritanceStrategy strategy) {
    throw verbose();
  }

  @Override
  protected VerboseResult<Long> consumeIgnoringRateLimitsVerboseImpl(long tokens) {
    throw verbose();
  }

  @Override
  protected VerboseResult<Long> reserveAndCalculateTimeToSleepVerboseImpl(
      long tokens, long maxWaitNanos) {
    throw verbose();
  }
}
