package io.perfkit.redis;

/**
 * Counts of a client's lanes since its first {@link RedisGuard} was opened. Immutable; the numbers
 * are read one after the other.
 *
 * @param batches round trips
 * @param commands sent, over all batches
 * @param maxBatch commands in the biggest batch
 * @param timeouts calls that were sent and had no answer within their budget
 * @param notSent calls that were admitted to a lane and given up before they were sent
 * @param waiting calls that wait to be sent now
 */
public record LaneStats(
    long batches, long commands, int maxBatch, long timeouts, long notSent, int waiting) {}
