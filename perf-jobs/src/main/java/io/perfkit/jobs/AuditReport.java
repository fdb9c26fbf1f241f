package io.perfkit.jobs;

import java.util.Map;
import java.util.TreeMap;

/**
 * Whether every job and every claim is accounted for. Immutable.
 *
 * @param queues counters by queue
 */
public record AuditReport(Map<String, QueueCounts> queues) {
  public AuditReport {
    queues = Map.copyOf(queues);
  }

  /** The counters of all queues together. */
  public QueueCounts total() {
    QueueCounts total = QueueCounts.ZERO;
    for (QueueCounts counts : queues.values()) {
      total = total.plus(counts);
    }
    return total;
  }

  /**
   * Whether the conservation law holds in each queue: what was stored is ended or stored, and each
   * claim ended in exactly one way or is in flight.
   */
  public boolean holds() {
    return queues.values().stream()
        .allMatch(counts -> counts.unaccountedJobs() == 0 && counts.unaccountedClaims() == 0);
  }

  /** The counters of one queue; all zero if it was never used. */
  public QueueCounts queue(String name) {
    return queues.getOrDefault(name, QueueCounts.ZERO);
  }

  @Override
  public String toString() {
    return (holds() ? "holds " : "BROKEN ") + new TreeMap<>(queues);
  }
}
