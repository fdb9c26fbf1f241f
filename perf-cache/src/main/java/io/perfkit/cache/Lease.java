package io.perfkit.cache;

import java.nio.ByteBuffer;
import java.util.concurrent.ThreadLocalRandom;

/** The permission to fill one entry; the two numbers are random and make it unique. */
record Lease(long high, long low) {
  static Lease next() {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return new Lease(random.nextLong(), random.nextLong());
  }

  byte[] token() {
    return ByteBuffer.allocate(16).putLong(high).putLong(low).array();
  }
}
