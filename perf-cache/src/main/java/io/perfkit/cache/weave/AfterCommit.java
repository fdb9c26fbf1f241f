package io.perfkit.cache.weave;

/**
 * Tells changes of caches when the change behind them is committed. Given by a host whose methods
 * run in transactions: what {@link CacheEvict} and {@link CachePut} change after a method then
 * waits for the transaction that surrounds the method. An entry that is evicted before the commit
 * would be loaded again from the old row. Called on the thread that ran the method, or that
 * completed its stage.
 */
@FunctionalInterface
public interface AfterCommit {

  /**
   * Runs {@code change} once the surrounding transaction has committed, and never if it rolls back;
   * at once if there is none. What the change throws is the host's to report: the transaction is
   * over.
   */
  void run(Runnable change);
}
