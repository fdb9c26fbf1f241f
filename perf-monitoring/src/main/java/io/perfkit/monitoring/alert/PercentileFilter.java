package io.perfkit.monitoring.alert;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.distribution.DistributionStatisticConfig;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** Has timers publish the percentiles that rules name. Thread safe. */
final class PercentileFilter implements MeterFilter {
  private final Map<String, double[]> percentiles = new HashMap<>();

  PercentileFilter(Collection<AlertRule> rules) {
    Map<String, Set<Double>> byMeter = new HashMap<>();
    for (AlertRule rule : rules) {
      for (Term term : rule.terms()) {
        if (term.function().isPercentile()) {
          byMeter
              .computeIfAbsent(term.meter(), meter -> new HashSet<>())
              .add(term.function().percentile());
        }
      }
    }
    byMeter.forEach(
        (meter, wanted) ->
            percentiles.put(
                meter, wanted.stream().mapToDouble(Double::doubleValue).sorted().toArray()));
  }

  @Override
  public DistributionStatisticConfig configure(Meter.Id id, DistributionStatisticConfig config) {
    double[] wanted = percentiles.get(id.getName());
    return wanted == null
        ? config
        : DistributionStatisticConfig.builder().percentiles(wanted).build().merge(config);
  }
}
