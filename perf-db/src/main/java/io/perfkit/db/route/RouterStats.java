package io.perfkit.db.route;

/**
 * Where the connections of one router led since its start. Immutable.
 *
 * @param primary connections of the primary that were taken to write, or for what is in doubt
 * @param replica connections of a replica
 * @param fallback connections of the primary that were taken to read, since no replica would do
 * @param refused reads that were refused, since no replica could be used and as many reads as may
 *     were on the primary
 */
public record RouterStats(long primary, long replica, long fallback, long refused) {}
