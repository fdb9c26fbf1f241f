package io.perfkit.db.pool;

import static java.util.Objects.requireNonNull;

import java.util.Locale;

/**
 * One decision of the tuner about the size of a pool. Immutable.
 *
 * @param window number of the window after which the decision was taken, from 1
 * @param reason why the size changes, or stays after a probe
 * @param from size in that window
 * @param to size from then on
 * @param throughput connections given back per second in that window
 * @param gain result of the probe: the natural logarithm of the throughput with the other size over
 *     that with this one; 0.1 is about 10 % more; 0 if no probe ended
 * @param applied false in a dry run, and then {@code from} stays
 */
public record TunerDecision(
    long window, Reason reason, int from, int to, double throughput, double gain, boolean applied) {

  /** Why the size changes. */
  public enum Reason {
    /** A probe begins or goes on: one window with the other size. */
    PROBE,
    /** One window with the former size within a probe, to compare again. */
    COMPARE,
    /** The probe gained enough: the other size stays. */
    ACCEPTED,
    /** The probe gained too little: the former size returns. */
    REJECTED,
    /** The demand fell below what can be measured during the probe. */
    NO_DEMAND,
    /** The server refused a connection: the pool does not grow for a while. */
    REFUSED,
    /** Less than half of the pool is in use. */
    LOW_DEMAND,
    /** The floor or the ceiling moved past the size. */
    BOUNDS
  }

  public TunerDecision {
    requireNonNull(reason, "reason");
  }

  /** One line of the decision log. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "window %d: %d -> %d %s (%.1f/s, gain %+.3f)%s",
        window,
        from,
        to,
        reason,
        throughput,
        gain,
        applied ? "" : " dry run");
  }
}
