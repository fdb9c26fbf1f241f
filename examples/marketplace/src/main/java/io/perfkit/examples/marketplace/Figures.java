package io.perfkit.examples.marketplace;

/**
 * What a host has done since it started. Immutable.
 *
 * @param requests answered, whatever the status
 * @param statements that left for PostgreSQL while answering
 * @param reads of those requests, the ones that don't write
 * @param readsWithoutSql reads that needed no statement
 * @param cacheGets 0 if there is no cache
 * @param cacheHits found in either level
 * @param cpuNanos of all cores, by the whole process
 * @param heapBytes used now
 */
public record Figures(
    long requests,
    long statements,
    long reads,
    long readsWithoutSql,
    long cacheGets,
    long cacheHits,
    long cpuNanos,
    long heapBytes) {

  /** What happened after {@code earlier}; the heap stays as it is. */
  public Figures since(Figures earlier) {
    return new Figures(
        requests - earlier.requests,
        statements - earlier.statements,
        reads - earlier.reads,
        readsWithoutSql - earlier.readsWithoutSql,
        cacheGets - earlier.cacheGets,
        cacheHits - earlier.cacheHits,
        cpuNanos - earlier.cpuNanos,
        heapBytes);
  }

  /** The same with another heap. */
  public Figures withHeap(long bytes) {
    return new Figures(
        requests, statements, reads, readsWithoutSql, cacheGets, cacheHits, cpuNanos, bytes);
  }
}
