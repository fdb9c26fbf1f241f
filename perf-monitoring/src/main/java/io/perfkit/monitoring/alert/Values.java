package io.perfkit.monitoring.alert;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.LongTaskTimer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.distribution.HistogramSnapshot;
import io.micrometer.core.instrument.distribution.ValueAtPercentile;
import java.util.concurrent.TimeUnit;

/** Reads figures of a meter, times in milliseconds; NaN if it has no such figure. */
final class Values {
  private Values() {}

  static boolean isCumulative(Meter meter) {
    return !(meter instanceof Gauge || meter instanceof LongTaskTimer);
  }

  static double gauge(Meter meter) {
    if (meter instanceof TimeGauge time) {
      return time.value(TimeUnit.MILLISECONDS);
    }
    if (meter instanceof Gauge gauge) {
      return gauge.value();
    }
    return meter instanceof LongTaskTimer tasks ? tasks.activeTasks() : Double.NaN;
  }

  static double count(Meter meter) {
    if (meter instanceof Timer timer) {
      return timer.count();
    }
    if (meter instanceof Counter counter) {
      return counter.count();
    }
    if (meter instanceof FunctionCounter counter) {
      return counter.count();
    }
    if (meter instanceof FunctionTimer timer) {
      return timer.count();
    }
    return meter instanceof DistributionSummary summary ? summary.count() : Double.NaN;
  }

  static double total(Meter meter) {
    if (meter instanceof Timer timer) {
      return timer.totalTime(TimeUnit.MILLISECONDS);
    }
    if (meter instanceof FunctionTimer timer) {
      return timer.totalTime(TimeUnit.MILLISECONDS);
    }
    return meter instanceof DistributionSummary summary ? summary.totalAmount() : Double.NaN;
  }

  static double max(Meter meter) {
    if (meter instanceof Timer timer) {
      return timer.max(TimeUnit.MILLISECONDS);
    }
    return meter instanceof DistributionSummary summary ? summary.max() : gauge(meter);
  }

  static double percentile(Meter meter, double percentile) {
    HistogramSnapshot snapshot;
    if (meter instanceof Timer timer) {
      snapshot = timer.takeSnapshot();
    } else if (meter instanceof DistributionSummary summary) {
      snapshot = summary.takeSnapshot();
    } else {
      return Double.NaN;
    }
    for (ValueAtPercentile at : snapshot.percentileValues()) {
      if (Math.abs(at.percentile() - percentile) < 1e-9) {
        return meter instanceof Timer ? at.value(TimeUnit.MILLISECONDS) : at.value();
      }
    }
    return Double.NaN;
  }
}
