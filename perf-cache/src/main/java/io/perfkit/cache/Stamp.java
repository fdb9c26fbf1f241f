package io.perfkit.cache;

import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Sixteen random bytes that name one lease, and then the entry that fills it; so equal stamps mean
 * the same value.
 */
record Stamp(long high, long low) {
  static Stamp next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return new Stamp(random.nextLong(), random.nextLong());
  }

  static Stamp of(byte[] bytes) {
    ByteBuffer numbers = ByteBuffer.wrap(bytes);
    return new Stamp(numbers.getLong(), numbers.getLong());
  }

  byte[] bytes() {
    return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
  }
}
