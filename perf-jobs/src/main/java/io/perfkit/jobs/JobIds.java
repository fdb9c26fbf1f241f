package io.perfkit.jobs;

import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Makes ids in the form of UUID version 7: milliseconds, then a counter, then 62 bits that differ
 * between nodes. Thread safe.
 */
final class JobIds {
  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final InstantSource clock;
  private final long seed = new SecureRandom().nextLong();
  private final AtomicLong count = new AtomicLong();

  JobIds(InstantSource clock) {
    this.clock = clock;
  }

  JobId next() {
    long n = count.getAndIncrement();
    long high = clock.millis() << 16 | 0x7000L | (n & 0xfff);
    long low = mix(seed + n * GOLDEN);
    return new JobId(new UUID(high, low >>> 2 | Long.MIN_VALUE));
  }

  /** A bijection, so two counts of one node never meet. Source: Steele, Lea, Flood 2014. */
  private static long mix(long z) {
    long a = (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9L;
    long b = (a ^ (a >>> 27)) * 0x94d049bb133111ebL;
    return b ^ (b >>> 31);
  }
}
