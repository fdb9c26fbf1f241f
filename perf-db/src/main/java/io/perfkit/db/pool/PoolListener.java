package io.perfkit.db.pool;

/**
 * Hears of what a pool finds out about itself. Called on the pool's own thread, one call at a time:
 * what takes long delays the watching. What it throws is logged and goes no further.
 */
public interface PoolListener {
  /** The pool became too busy, or is so no longer. */
  default void onUtilisation(UtilisationAlert alert) {}

  /** A connection is held for longer than {@code leakAfter}; once for each time it was taken. */
  default void onLeakSuspect(LeakSuspect suspect) {}

  /** The tuner decided on the size of the pool. */
  default void onDecision(TunerDecision decision) {}
}
