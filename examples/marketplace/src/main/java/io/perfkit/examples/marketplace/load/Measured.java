package io.perfkit.examples.marketplace.load;

import io.perfkit.examples.marketplace.DatabaseReport;
import io.perfkit.examples.marketplace.Figures;

/**
 * One side of the table. Immutable.
 *
 * @param healthy at a rate that the plain side bears well
 * @param load at the rate of the target
 * @param users who ask, think and ask again
 * @param host what the host did during {@code load}
 * @param heapBytes what a collection after the load left
 * @param database what the host asked of its database until then
 * @param generatorCpuPercent what sending {@code load} itself took, of one core
 */
record Measured(
    LoadResult healthy,
    LoadResult load,
    LoadResult users,
    Figures host,
    long heapBytes,
    DatabaseReport database,
    Burst burst,
    Flood flood,
    LoginStorm logins,
    double generatorCpuPercent) {
  double statementsPerRequest() {
    return (double) host.statements() / Math.max(1, host.requests());
  }

  /** Of the reads that no cache could answer; without a cache these are all. */
  double statementsPerMiss() {
    return (double) host.readStatements() / Math.max(1, host.reads() - host.readsWithoutSql());
  }

  double poolInUsePercent() {
    double connections = (double) host.poolSize() * Math.max(1, load.elapsed().toNanos());
    return 100.0 * host.connectionNanos() / connections;
  }

  double readsWithoutSqlPercent() {
    return 100.0 * host.readsWithoutSql() / Math.max(1, host.reads());
  }

  double hitPercent() {
    return 100.0 * host.cacheHits() / Math.max(1, host.cacheGets());
  }

  double heapMegabytes() {
    return heapBytes / 1e6;
  }

  /** Of a machine with so many cores. */
  double cpuPercent(int cores) {
    return 100.0 * host.cpuNanos() / Math.max(1, load.elapsed().toNanos() * cores);
  }

  double cpuMillisPerRequest() {
    return host.cpuNanos() / 1e6 / Math.max(1, host.requests());
  }
}
