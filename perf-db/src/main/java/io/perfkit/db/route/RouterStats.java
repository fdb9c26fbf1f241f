package io.perfkit.db.route;

/**
 * Counts of one router's connections by target since its start. Immutable.
 *
 * @param primary connections of the primary that were taken for writes or doubtful statements
 * @param replica connections of a replica
 * @param fallback connections of the primary that were taken for reads because no replica was
 *     eligible
 * @param refused reads that were refused because no replica was usable and the primary served as
 *     many reads as it may
 */
public record RouterStats(long primary, long replica, long fallback, long refused) {}
