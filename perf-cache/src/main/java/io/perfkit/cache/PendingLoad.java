package io.perfkit.cache;

import io.perfkit.cache.L2Reply.Outcome;

/** A read that is to be loaded, with the second level's answer about its key. */
record PendingLoad<K, V>(KeyRead<K, V> read, L2Reply<V> reply) {
  boolean isBusy() {
    return reply.outcome() == Outcome.BUSY;
  }

  /** Whether a value has been served already, so that the load is a refresh. */
  boolean isServed() {
    return read.found() != null;
  }
}
