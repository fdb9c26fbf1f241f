package io.perfkit.monitoring.alert;

import io.micrometer.core.instrument.Meter;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/** One rule and its alerts, one for each scope. Thread safe: all under its lock. */
final class ActiveRule {
  private final AlertRule rule;
  private final AlertTimes times;
  private final List<QuantityReader> readers = new ArrayList<>();
  private final Map<String, Alert> alerts = new TreeMap<>();

  /** A scope's status and what was read last. */
  private record Alert(AlertStatus status, Reading reading) {}

  ActiveRule(AlertRule rule, AlertConfig config) {
    this.rule = rule;
    this.times = AlertTimes.of(rule, config);
    for (Condition condition : rule.conditions()) {
      readers.add(new QuantityReader(condition.quantity(), rule.by(), config.maxScopes()));
    }
  }

  AlertRule rule() {
    return rule;
  }

  /** Reads counters for the first time: what they count later is an increase. */
  synchronized void prime(Map<String, List<Meter>> meters, long now) {
    readers.forEach(reader -> reader.read(meters, now));
    if (rule.by() == null) {
      alerts.putIfAbsent("", new Alert(AlertStatus.inactive(now), Reading.NONE));
    }
  }

  /** Evaluates, and returns what sinks should be told. */
  synchronized List<AlertEvent> evaluate(
      Map<String, List<Meter>> meters, long now, Instant wallTime) {
    List<Map<String, Reading>> readings = new ArrayList<>();
    Set<String> scopes = new TreeSet<>(alerts.keySet());
    for (QuantityReader reader : readers) {
      Map<String, Reading> read = reader.read(meters, now);
      readings.add(read);
      scopes.addAll(read.keySet());
    }
    if (rule.by() == null) {
      scopes.add("");
    }
    List<AlertEvent> events = new ArrayList<>();
    for (String scope : scopes) {
      Reading first = readings.get(0).getOrDefault(scope, Reading.NONE);
      Alert before = alerts.getOrDefault(scope, new Alert(AlertStatus.inactive(now), first));
      AlertStatus status = before.status().after(verdict(readings, scope), now, times);
      if (status.toTell() != status.told()) {
        status = status.asTold();
        events.add(event(scope, status, first, wallTime));
      }
      alerts.put(scope, new Alert(status, first));
    }
    alerts.entrySet().removeIf(alert -> isGone(alert.getKey(), alert.getValue(), readings));
    return events;
  }

  private static boolean isGone(String scope, Alert alert, List<Map<String, Reading>> readings) {
    return !scope.isEmpty()
        && alert.status().state() == AlertState.INACTIVE
        && readings.stream().noneMatch(read -> read.containsKey(scope));
  }

  /** A breach if all conditions are; clear if one of them is, whatever the others lack. */
  private Verdict verdict(List<Map<String, Reading>> readings, String scope) {
    Verdict worst = Verdict.BREACH;
    for (int i = 0; i < readings.size(); i++) {
      Reading reading = readings.get(i).getOrDefault(scope, Reading.NONE);
      Verdict verdict =
          reading.samples() < rule.minSamples()
              ? Verdict.NO_DATA
              : rule.conditions().get(i).verdict(reading.value());
      if (verdict.compareTo(worst) > 0) {
        worst = verdict;
      }
    }
    return worst;
  }

  private AlertEvent event(String scope, AlertStatus status, Reading reading, Instant at) {
    return new AlertEvent(
        rule.name(),
        scope,
        status.toTell(),
        rule.severity(),
        reading.value(),
        rule.expression(),
        rule.action(),
        at);
  }

  synchronized List<AlertReport> reports(long now) {
    List<AlertReport> reports = new ArrayList<>();
    alerts.forEach((scope, alert) -> reports.add(report(scope, alert, now)));
    return reports;
  }

  private AlertReport report(String scope, Alert alert, long now) {
    return new AlertReport(
        rule.name(),
        scope,
        alert.status().state(),
        rule.severity(),
        alert.reading().value(),
        alert.reading().samples(),
        Duration.ofNanos(now - alert.status().since()),
        rule.expression(),
        rule.action());
  }

  synchronized int in(AlertState state) {
    return (int) alerts.values().stream().filter(each -> each.status().state() == state).count();
  }

  /** What is not inactive, to go on with after a restart. */
  synchronized Map<String, AlertStatus> open() {
    Map<String, AlertStatus> open = new TreeMap<>();
    alerts.forEach(
        (scope, alert) -> {
          if (alert.status().phase() != AlertState.INACTIVE
              || alert.status().told() != AlertState.INACTIVE) {
            open.put(scope, alert.status());
          }
        });
    return open;
  }

  /** Goes on with what an earlier process left. */
  synchronized void restore(String scope, AlertStatus status) {
    alerts.put(scope, new Alert(status, Reading.NONE));
  }
}
