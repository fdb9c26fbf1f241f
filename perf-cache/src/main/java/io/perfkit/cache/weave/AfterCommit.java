package io.perfkit.cache.weave;

/**
 * Delays changes of caches until the surrounding transaction commits. A host whose methods run in
 * transactions provides it: the changes that {@link CacheEvict} and {@link CachePut} make after a
 * method then wait for the transaction around the method. An entry that is evicted before the
 * commit would be loaded again from the old row. Called on the thread that ran the method, or that
 * completed its stage.
 */
@FunctionalInterface
public interface AfterCommit {

  /**
   * Runs {@code change} once the surrounding transaction has committed, and never if it rolls back;
   * at once without a transaction. The host reports an exception of the change: the transaction is
   * over.
   */
  void run(Runnable change);
}
