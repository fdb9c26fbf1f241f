package io.perfkit.examples.marketplace.load;

import io.perfkit.examples.marketplace.DatabaseReport;
import io.perfkit.examples.marketplace.Figures;

/**
 * One side of the table. Immutable.
 *
 * @param host what the host did during the load
 * @param heapBytes what a collection after the load left
 * @param database what the host asked of its database until then
 * @param generatorCpuPercent what sending the load itself took, of one core
 */
record Measured(
    LoadResult load,
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

  double cpuPercent() {
    return 100.0 * host.cpuNanos() / Math.max(1, load.elapsed().toNanos());
  }

  double cpuMillisPerRequest() {
    return host.cpuNanos() / 1e6 / Math.max(1, host.requests());
  }
}
