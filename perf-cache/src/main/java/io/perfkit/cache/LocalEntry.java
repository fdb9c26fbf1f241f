package io.perfkit.cache;

/**
 * A local copy of a value.
 *
 * @param epoch of its stripe, taken before the value was read
 * @param deadlineNanos on the cache's clock
 */
record LocalEntry<V>(V value, int stripe, long epoch, long deadlineNanos) {}
