package io.perfkit.cache;

import java.nio.ByteBuffer;

/**
 * A key as Redis and the other nodes know it.
 *
 * @param redisKey of the entry; equal for equal keys, and its array is what is sent
 */
record Address(String text, ByteBuffer redisKey, int partition, int hash) {}
