package io.perfkit.db.query;

/**
 * Counters of a query cache. Immutable.
 *
 * @param hits calls answered without the database
 * @param loads calls that queried the database to cache the result
 * @param shared calls that shared the in-flight load of another caller
 * @param bypassed calls that queried the database because the result could not be cached: a table
 *     was being written, or the query or a parameter is not cacheable
 */
public record QueryCacheStats(long hits, long loads, long shared, long bypassed) {}
