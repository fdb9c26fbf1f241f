package io.perfkit.examples.marketplace.load;

import io.perfkit.examples.marketplace.Figures;

/**
 * One side of the table. Immutable.
 *
 * @param host what the host did during the load; its heap is what a collection left
 * @param generatorCpuPercent what sending the load itself took, of one core
 */
record Measured(
    LoadResult load, Figures host, Burst burst, Flood flood, double generatorCpuPercent) {
  double statementsPerRequest() {
    return (double) host.statements() / Math.max(1, host.requests());
  }

  double readsWithoutSqlPercent() {
    return 100.0 * host.readsWithoutSql() / Math.max(1, host.reads());
  }

  double hitPercent() {
    return 100.0 * host.cacheHits() / Math.max(1, host.cacheGets());
  }

  double heapMegabytes() {
    return host.heapBytes() / 1e6;
  }

  double cpuPercent() {
    return 100.0 * host.cpuNanos() / Math.max(1, load.elapsed().toNanos());
  }

  double cpuMillisPerRequest() {
    return host.cpuNanos() / 1e6 / Math.max(1, host.requests());
  }
}
