package io.perfkit.db.pool;

/**
 * Receives a pool's events. The pool's own thread calls it, one call at a time: a slow listener
 * delays the watching. Exceptions are logged and go no further.
 */
public interface PoolListener {
  /** The utilisation alert was raised or cleared. */
  default void onUtilisation(UtilisationAlert alert) {}

  /** A connection is held for longer than {@code leakAfter}; once for each time it was taken. */
  default void onLeakSuspect(LeakSuspect suspect) {}

  /** The tuner decided on the size of the pool. */
  default void onDecision(TunerDecision decision) {}
}
