package io.perfkit.db.pool;

import java.util.ArrayList;
import java.util.List;

/**
 * How a pool stands now. Immutable.
 *
 * @param connected whether it has a connection, and the last attempt to open one did not fail
 * @param exhausted whether callers wait and no connection is free
 * @param alert whether the utilisation alert is raised
 * @param deadlockPossible whether threads were seen to nest acquires so deep that they could block
 *     each other even at the ceiling
 * @param formerPrimary whether a server refused a writer since it is read-only (SQLSTATE 25006),
 *     and no connection to a primary was opened since: after a failover connections may lead to the
 *     former primary, and leave the pool once they refused a writer
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

  /** What calls for a look without being down; empty if nothing does. */
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
