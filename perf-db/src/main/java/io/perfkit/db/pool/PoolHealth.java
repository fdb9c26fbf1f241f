package io.perfkit.db.pool;

import java.util.ArrayList;
import java.util.List;

/**
 * The health of a pool at one moment. Immutable.
 *
 * @param connected whether the pool has a connection, and the last attempt to open one did not fail
 * @param exhausted whether callers wait and no connection is free
 * @param alert whether the utilisation alert is raised
 * @param deadlockPossible whether threads nested acquires so deep that they could deadlock even at
 *     the ceiling
 * @param formerPrimary whether a read-only server refused a writer (SQLSTATE 25006), and no
 *     connection to a primary was opened since: after a failover, connections may lead to the
 *     former primary, and leave the pool once they refuse a writer
 * @param leakSuspects connections held for longer than {@code leakAfter}
 */
public record PoolHealth(
    boolean connected,
    boolean exhausted,
    boolean alert,
    boolean deadlockPossible,
    boolean formerPrimary,
    int leakSuspects) {

  /** Whether callers are served. */
  public boolean healthy() {
    return connected && !exhausted;
  }

  /** Warnings about a pool that still serves; empty if there are none. */
  public List<String> warnings() {
    List<String> all = new ArrayList<>();
    if (alert) {
      all.add("the utilisation alert is raised");
    }
    if (deadlockPossible) {
      all.add("nested acquires could block each other even at the maximum size");
    }
    if (formerPrimary) {
      all.add("a writer was refused by a read-only server, perhaps the former primary");
    }
    if (leakSuspects > 0) {
      all.add("leak suspects: " + leakSuspects);
    }
    return List.copyOf(all);
  }
}
