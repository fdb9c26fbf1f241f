package io.perfkit.cache;

import java.nio.ByteBuffer;

/**
 * A key as Redis and the other nodes know it.
 *
 * @param redisKey of the entry; equal for equal keys, and its array is what is sent
 * @param leaseKey of the lease to fill it
 */
record Address(String text, ByteBuffer redisKey, ByteBuffer leaseKey, int partition, int hash) {
  private static final ByteBuffer NO_LEASE = ByteBuffer.allocate(0);

  /** The address of an entry that is kept in this process. */
  static Address inProcess(String text) {
    return new Address(text, NO_LEASE, NO_LEASE, 0, Hash.of(text));
  }

  /** The address of a structure that is only read from Redis, and never loaded. */
  static Address withoutLease(String text, byte[] redisKey, int partition, int hash) {
    return new Address(text, ByteBuffer.wrap(redisKey), NO_LEASE, partition, hash);
  }
}
