package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;

import java.time.Duration;

/**
 * Figures of a pool at one moment. Immutable.
 *
 * @param active connections in use
 * @param idle connections that wait for a caller
 * @param waiting callers that wait for a connection
 * @param size connections that the pool may have now
 * @param minSize fewest that it may have: one more than the connections that waiting threads held
 *     at one moment of the last 5 to 10 minutes, or the {@code minSize} of {@link PoolSizing}
 * @param maxSize most that it may have
 * @param utilisation mean share in use of the last whole window of the {@link UtilisationRule}
 * @param alert whether the utilisation alert is raised
 * @param acquires connections handed out since the start
 * @param acquireFailures acquires that ended with an exception since the start, time-outs included
 * @param acquireP50 median duration of the acquires of the last half to whole minute, to 2 %; zero
 *     if there were none
 * @param acquireP95 the 95th percentile, likewise
 * @param acquireP99 the 99th percentile, likewise
 * @param nestedAcquires times a thread asked for a connection while it held one, since the start
 * @param maxNesting most connections that one thread held or asked for at once
 * @param leakSuspects connections held for longer than {@code leakAfter} at the last look
 * @param connectFailures failed attempts to open a connection since the start
 */
public record PoolStats(
    int active,
    int idle,
    int waiting,
    int size,
    int minSize,
    int maxSize,
    double utilisation,
    boolean alert,
    long acquires,
    long acquireFailures,
    Duration acquireP50,
    Duration acquireP95,
    Duration acquireP99,
    long nestedAcquires,
    int maxNesting,
    int leakSuspects,
    long connectFailures) {
  public PoolStats {
    requireNonNull(acquireP50, "acquireP50");
    requireNonNull(acquireP95, "acquireP95");
    requireNonNull(acquireP99, "acquireP99");
  }
}
