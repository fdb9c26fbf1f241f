package io.perfkit.db.query;

/**
 * What a query cache did so far. Immutable.
 *
 * @param hits calls that asked the database nothing
 * @param loads calls that asked, in order to keep the result
 * @param shared calls that waited for the load of another
 * @param bypassed calls that asked, because the result could not be kept: a table was being
 *     written, or the query or a parameter is none to keep
 */
public record QueryCacheStats(long hits, long loads, long shared, long bypassed) {}
