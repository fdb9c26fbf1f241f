package io.perfkit.redis;

/**
 * What the lanes of a {@link RedisGuard} did since its start. Immutable; the numbers are read one
 * after the other.
 *
 * @param batches round trips
 * @param commands sent, over all batches
 * @param commandsMax in the biggest batch
 * @param timeouts calls that were sent and had no answer within their budget
 * @param notSent calls that were admitted to a lane and given up before they were sent
 * @param waiting calls that wait now, and are not sent yet
 */
public record LaneStats(
    long batches, long commands, int commandsMax, long timeouts, long notSent, int waiting) {}
