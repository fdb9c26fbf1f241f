package io.perfkit.cache;

import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Sixteen random bytes that name one lease, and then the entry that fills it; so equal versions
 * mean the same value.
 */
record EntryVersion(long high, long low) {
  static EntryVersion next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return new EntryVersion(random.nextLong(), random.nextLong());
  }

  static EntryVersion of(byte[] bytes) {
    ByteBuffer numbers = ByteBuffer.wrap(bytes);
    return new EntryVersion(numbers.getLong(), numbers.getLong());
  }

  byte[] bytes() {
    return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
  }
}
