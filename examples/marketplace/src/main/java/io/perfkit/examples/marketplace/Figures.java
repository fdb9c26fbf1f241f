package io.perfkit.examples.marketplace;

/**
 * What a host has done since it started. Immutable.
 *
 * @param requests answered, whatever the status
 * @param statements that left for PostgreSQL
 * @param reads of those requests, the ones that don't write
 * @param readStatements the statements that reads waited for
 * @param readsWithoutSql reads that needed no statement
 * @param cacheGets 0 if there is no cache
 * @param cacheHits found in either level
 * @param connectionNanos for which connections were in use, together
 * @param poolSize connections that the pool may have now
 * @param cpuNanos of all cores, by the whole process
 * @param heapBytes used now
 */
public record Figures(
    long requests,
    long statements,
    long reads,
    long readStatements,
    long readsWithoutSql,
    long cacheGets,
    long cacheHits,
    long connectionNanos,
    int poolSize,
    long cpuNanos,
    long heapBytes) {

  /** What happened after {@code earlier}; what is now, pool and heap, stays as it is. */
  public Figures since(Figures earlier) {
    return new Figures(
        requests - earlier.requests,
        statements - earlier.statements,
        reads - earlier.reads,
        readStatements - earlier.readStatements,
        readsWithoutSql - earlier.readsWithoutSql,
        cacheGets - earlier.cacheGets,
        cacheHits - earlier.cacheHits,
        connectionNanos - earlier.connectionNanos,
        poolSize,
        cpuNanos - earlier.cpuNanos,
        heapBytes);
  }
}
