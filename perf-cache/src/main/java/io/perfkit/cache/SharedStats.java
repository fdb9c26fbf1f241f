package io.perfkit.cache;

/**
 * Counts of the structures of one name so far on this node. Counts are read one after the other, so
 * a snapshot under load may be off by the calls under way. Immutable.
 *
 * @param copyReads reads answered by a local copy
 * @param redisReads reads that asked Redis, or waited for another thread that did
 * @param oversizeReads those of them whose structure had too many members for a copy
 * @param writes writes that Redis answered
 * @param unreadable fields, values, elements, members or whole structures in Redis that could not
 *     be decoded and counted as absent
 * @param redisFailures commands that Redis did not answer, or refused
 */
public record SharedStats(
    long copyReads,
    long redisReads,
    long oversizeReads,
    long writes,
    long unreadable,
    long redisFailures) {}
