package io.perfkit.monitoring.alert;

import io.micrometer.core.instrument.Meter;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Reads one term over one window, for each value of the rule's {@code by} tag. A percentile is the
 * worst of all series, never their mean. One thread at a time.
 */
final class TermReader {
  private final Term written;
  private final Duration window;
  private final @Nullable String by;
  private final int maxScopes;
  private final Series counts = new Series();
  private final Series totals = new Series();
  private final Map<String, Scope> scopes = new TreeMap<>();
  private Term term;

  /** What one scope has seen. */
  private static final class Scope {
    final Window count;
    final Window total;
    final Map<Meter.Id, Double> gauges = new HashMap<>();
    boolean cumulative;
    boolean present;

    Scope(Duration window) {
      this.count = new Window(window.toNanos());
      this.total = new Window(window.toNanos());
    }
  }

  TermReader(Term term, Duration window, @Nullable String by, int maxScopes) {
    this.written = term;
    this.term = term;
    this.window = window;
    this.by = by;
    this.maxScopes = maxScopes;
  }

  Map<String, Reading> read(Map<String, List<Meter>> meters, long now) {
    term = written.in(meters);
    scopes.values().forEach(TermReader::forget);
    counts.begin();
    totals.begin();
    meters.getOrDefault(term.meter(), List.of()).stream()
        .filter(this::matches)
        .sorted(Comparator.comparing(this::scopeName))
        .forEach(meter -> read(meter, now));
    counts.end();
    totals.end();
    scopes.values().removeIf(scope -> !scope.present && scope.count.sum(now) == 0);
    Map<String, Reading> readings = new TreeMap<>();
    scopes.forEach((name, scope) -> readings.put(name, reading(scope, now)));
    return readings;
  }

  private static void forget(Scope scope) {
    scope.gauges.clear();
    scope.present = false;
  }

  private boolean matches(Meter meter) {
    return term.tags().entrySet().stream()
        .allMatch(tag -> tag.getValue().equals(meter.getId().getTag(tag.getKey())));
  }

  private void read(Meter meter, long now) {
    Scope scope = scopeOf(meter);
    if (scope == null) {
      return;
    }
    scope.present = true;
    double value = Double.NaN;
    try {
      scope.cumulative = Values.isCumulative(meter);
      if (scope.cumulative) {
        scope.count.add(counts.rise(meter.getId(), Values.count(meter)), now);
        scope.total.add(totals.rise(meter.getId(), Values.total(meter)), now);
      }
      value = now(meter);
    } catch (RuntimeException e) {
      return; // a gauge of the host: it has no value now
    }
    if (!Double.isNaN(value)) {
      scope.gauges.put(meter.getId(), value);
    }
  }

  private @Nullable Scope scopeOf(Meter meter) {
    String name = scopeName(meter);
    Scope known = scopes.get(name);
    if (known == null && scopes.size() < maxScopes) {
      known = new Scope(window);
      scopes.put(name, known);
    }
    return known;
  }

  private String scopeName(Meter meter) {
    String tag = by == null ? null : meter.getId().getTag(by);
    return tag == null ? "" : tag;
  }

  private double now(Meter meter) {
    if (term.function().isPercentile()) {
      return Values.percentile(meter, term.function().percentile());
    }
    return term.function() == Function.MAX ? Values.max(meter) : Values.gauge(meter);
  }

  private Reading reading(Scope scope, long now) {
    double samples = scope.cumulative ? scope.count.sum(now) : Double.POSITIVE_INFINITY;
    return new Reading(value(scope, samples, now), samples);
  }

  private double value(Scope scope, double count, long now) {
    var gauges = scope.gauges.values().stream().mapToDouble(Double::doubleValue);
    return switch (term.function()) {
      case MEAN -> scope.cumulative && count > 0 ? scope.total.sum(now) / count : Double.NaN;
      case COUNT -> scope.cumulative ? count : sum(scope);
      case RATE -> scope.cumulative ? count / window.toSeconds() : Double.NaN;
      case DEFAULT, SUM -> scope.cumulative ? count / window.toSeconds() : sum(scope);
      case MIN -> gauges.min().orElse(Double.NaN);
      default -> gauges.max().orElse(Double.NaN);
    };
  }

  private static double sum(Scope scope) {
    return scope.gauges.isEmpty()
        ? Double.NaN
        : scope.gauges.values().stream().mapToDouble(Double::doubleValue).sum();
  }
}
