package io.perfkit.db.pool;

/**
 * How a pool stands now. Immutable.
 *
 * @param connected whether it has a connection, and the last attempt to open one did not fail
 * @param exhausted whether callers wait and no connection is free
 * @param alert whether the utilisation alert is raised
 * @param deadlockPossible whether threads were seen to nest acquires so deep that they could block
 *     each other even at the ceiling
 * @param leakSuspects connections held for longer than {@code leakAfter}
 */
public record PoolHealth(
    boolean connected,
    boolean exhausted,
    boolean alert,
    boolean deadlockPossible,
    int leakSuspects) {

  /** Whether callers are served and nothing calls for a look. */
  public boolean healthy() {
    return connected && !exhausted && !alert && !deadlockPossible && leakSuspects == 0;
  }
}
