package io.perfkit.monitoring.alert;

import io.micrometer.core.instrument.Meter;
import java.util.HashMap;
import java.util.Map;

/**
 * Turns the totals of counters into what they rose by since they were read last. A series that
 * appears after the first reading rose from 0; one that falls was begun anew. One thread at a time.
 */
final class Series {
  private Map<Meter.Id, Double> totals = new HashMap<>();
  private Map<Meter.Id, Double> read = new HashMap<>();
  private boolean baseline = true;

  void begin() {
    read = new HashMap<>();
  }

  double rise(Meter.Id id, double total) {
    if (Double.isNaN(total)) {
      return 0;
    }
    read.put(id, total);
    Double before = totals.get(id);
    if (before == null) {
      return baseline ? 0 : total;
    }
    return total >= before ? total - before : total;
  }

  void end() {
    totals = read;
    baseline = false;
  }
}
