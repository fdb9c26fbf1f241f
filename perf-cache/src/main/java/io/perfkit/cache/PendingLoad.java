package io.perfkit.cache;

import io.perfkit.cache.L2Reply.Outcome;

/** A read that is to be loaded, and what the second level said of its key. */
record PendingLoad<K, V>(KeyRead<K, V> read, L2Reply<V> reply) {
  boolean isBusy() {
    return reply.outcome() == Outcome.BUSY;
  }

  /** Whether it is served already, so that its load is a refresh. */
  boolean isServed() {
    return read.found() != null;
  }
}
