package io.perfkit.ratelimit;

import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;

/** Counts in this process. Thread safe. */
final class LocalStore implements Store {
  private final ConcurrentMap<String, long[]> buckets = new ConcurrentHashMap<>();
  private final RateLimiterConfig config;
  private final LongSupplier nanos;

  LocalStore(RateLimiterConfig config, LongSupplier nanos) {
    this.config = config;
    this.nanos = nanos;
  }

  @Override
  public synchronized Decision decide(Ask ask, boolean charge) {
    long now = nanos.getAsLong() / 1_000;
    long[] numbers = new long[ask.size() * Standing.WIDTH];
    boolean allowed = true;
    for (int i = 0; i < ask.size(); i++) {
      Limit.TokenBucket limit = (Limit.TokenBucket) ask.rule(i).policy().limit();
      long[] bucket = bucket(ask, i, now);
      long regained = (now - bucket[1]) * limit.unitsPerMicro();
      bucket[0] = Math.max(0, bucket[0] - regained);
      bucket[1] = now;
      long capacity = limit.burst() * limit.unitsPerPermit();
      long missing = bucket[0] + ask.cost(i) * limit.unitsPerPermit() - capacity;
      int at = i * Standing.WIDTH;
      numbers[at + Standing.LIMIT] = limit.burst();
      numbers[at + Standing.REMAINING] = (capacity - bucket[0]) / limit.unitsPerPermit();
      numbers[at + Standing.RESET_MICROS] = bucket[0] / limit.unitsPerMicro();
      numbers[at + Standing.RETRY_MICROS] = Math.max(0, missing) / limit.unitsPerMicro();
      allowed &= missing <= 0;
    }
    Standing standing = new Standing(ask, numbers, now, false);
    if (!allowed) {
      return new Decision.Denied(Decision.Reason.SPENT, standing);
    }
    for (int i = 0; charge && i < ask.size(); i++) {
      Limit.TokenBucket limit = (Limit.TokenBucket) ask.rule(i).policy().limit();
      bucket(ask, i, now)[0] += ask.cost(i) * limit.unitsPerPermit();
      numbers[i * Standing.WIDTH + Standing.REMAINING] -= ask.cost(i);
    }
    return new Decision.Allowed(standing);
  }

  private long[] bucket(Ask ask, int i, long now) {
    return buckets.computeIfAbsent(
        ask.rule(i).policy().name() + ":" + ask.key(i), key -> new long[] {0, now});
  }

  @Override
  public void refund(Standing standing) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void block(Ask ask, Duration duration) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void reset(Ask ask) {
    for (int i = 0; i < ask.size(); i++) {
      buckets.remove(ask.rule(i).policy().name() + ":" + ask.key(i));
    }
  }

  @Override
  public boolean available() {
    return true;
  }

  @Override
  public int keys() {
    return Math.min(buckets.size(), config.keysMax());
  }

  @Override
  public void close() {
    buckets.clear();
  }
}
