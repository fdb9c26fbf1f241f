package io.perfkit.monitoring.alert;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.LongTaskTimer;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.config.NamingConvention;
import io.perfkit.monitoring.internal.Json;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Writes rules as a rule file of Prometheus 2.42 or later, for the names under which Micrometer
 * exports meters. A resolve threshold reads {@code ALERTS}, which Prometheus writes itself.
 */
final class PrometheusRules {
  private final Map<String, List<Meter>> meters;

  PrometheusRules(Map<String, List<Meter>> meters) {
    this.meters = meters;
  }

  String yaml(List<AlertRule> rules) {
    return "groups:\n  - name: perfkit\n    rules:\n"
        + rules.stream().map(this::yaml).collect(Collectors.joining());
  }

  private String yaml(AlertRule rule) {
    return "      - alert: "
        + rule.name().replace('.', '_')
        + "\n        expr: "
        + Json.quoted(expression(rule))
        + "\n        for: "
        + RuleText.duration(rule.holds())
        + "\n        keep_firing_for: "
        + RuleText.duration(rule.keep())
        + "\n        labels:\n          severity: "
        + rule.severity().name().toLowerCase(Locale.ROOT)
        + "\n        annotations:\n          summary: "
        + Json.quoted(rule.expression())
        + "\n          action: "
        + Json.quoted(rule.action())
        + "\n";
  }

  private String expression(AlertRule rule) {
    String raised = all(rule, false);
    boolean oneThreshold =
        rule.conditions().stream().allMatch(each -> each.resolve() == each.threshold());
    String held =
        oneThreshold
            ? raised
            : "("
                + raised
                + ") or (("
                + all(rule, true)
                + ") and on("
                + (rule.by() == null ? "" : label(rule.by()))
                + ") ALERTS{alertname=\""
                + rule.name().replace('.', '_')
                + "\",alertstate=\"firing\"})";
    return rule.noData() == NoData.ALERT
        ? held + " or absent(" + anySeries(rule.terms().get(0)) + ")"
        : held;
  }

  private String all(AlertRule rule, boolean resolve) {
    return rule.conditions().stream()
        .map(each -> condition(each, rule, resolve))
        .collect(Collectors.joining(" and "));
  }

  private String condition(Condition condition, AlertRule rule, boolean resolve) {
    Quantity quantity = condition.quantity();
    String against =
        " "
            + condition.comparison().sign()
            + " "
            + RuleText.number(resolve ? condition.resolve() : condition.threshold());
    String compared =
        quantity.windows().stream()
            .map(window -> "(" + value(quantity, window, rule.by()) + ")" + against)
            .collect(Collectors.joining(" and "));
    Term counted = (quantity.bottom() == null ? quantity.top() : quantity.bottom()).in(meters);
    Meter meter = meter(counted);
    if (rule.minSamples() == 0 || !Values.isCumulative(meter)) {
      return compared;
    }
    Duration shortest = quantity.windows().get(quantity.windows().size() - 1);
    return compared
        + " and "
        + aggregated("sum", rule.by(), "increase(" + range(counted, shortest) + ")")
        + " >= "
        + rule.minSamples();
  }

  private String value(Quantity quantity, Duration window, @Nullable String by) {
    String top = term(quantity.top(), window, by);
    if (quantity.bottom() == null) {
      return top;
    }
    String bottom = term(quantity.bottom(), window, by);
    String zero = Values.isCumulative(meter(quantity.bottom())) ? " or 0 * " + bottom : "";
    String ratio = "(" + top + zero + ") / (" + bottom + " != 0)";
    return quantity.budget() == 1 ? ratio : ratio + " / " + RuleText.number(quantity.budget());
  }

  private String term(Term written, Duration window, @Nullable String by) {
    Term term = written.in(meters);
    Meter meter = meter(term);
    String base = name(meter);
    String tags = labels(term);
    boolean cumulative = Values.isCumulative(meter);
    String millis = isTime(meter) ? " * 1000" : "";
    return switch (term.function()) {
      case MEAN ->
          aggregated("sum", by, "rate(" + base + "_sum" + tags + over(window) + ")")
              + " / "
              + aggregated("sum", by, "rate(" + base + "_count" + tags + over(window) + ")")
              + millis;
      case P50, P95, P99 -> aggregated("max", by, base + withQuantile(term)) + millis;
      case MAX -> aggregated("max", by, base + (cumulative ? "_max" : "") + tags) + millis;
      case MIN -> aggregated("min", by, base + tags) + millis;
      case COUNT ->
          cumulative
              ? aggregated("sum", by, "increase(" + range(term, window) + ")")
              : aggregated("sum", by, base + tags) + millis;
      case DEFAULT, RATE, SUM ->
          cumulative
              ? aggregated("sum", by, "rate(" + range(term, window) + ")")
              : aggregated("sum", by, base + tags) + millis;
    };
  }

  private static String aggregated(String how, @Nullable String by, String of) {
    return how + (by == null ? "" : " by (" + label(by) + ") ") + "(" + of + ")";
  }

  /** The series that count events of a cumulative meter, with the window. */
  private String range(Term term, Duration window) {
    return counting(term) + labels(term) + over(window);
  }

  private String counting(Term term) {
    Meter meter = meter(term);
    boolean counter = meter instanceof Counter || meter instanceof FunctionCounter;
    return name(meter) + (counter ? "_total" : "_count");
  }

  private String anySeries(Term written) {
    Term term = written.in(meters);
    Meter meter = meter(term);
    return (Values.isCumulative(meter) ? counting(term) : name(meter)) + labels(term);
  }

  private static String over(Duration window) {
    return "[" + RuleText.duration(window) + "]";
  }

  private static String labels(Term term) {
    return Term.selector(
        term.tags().entrySet().stream()
            .collect(Collectors.toMap(tag -> label(tag.getKey()), Map.Entry::getValue)),
        "=");
  }

  private static String withQuantile(Term term) {
    Map<String, String> all =
        new HashMap<>(Map.of("quantile", RuleText.number(term.function().percentile())));
    term.tags().forEach((key, value) -> all.put(label(key), value));
    return Term.selector(all, "=");
  }

  private static String label(String tag) {
    return NamingConvention.snakeCase.tagKey(tag);
  }

  private static boolean isTime(Meter meter) {
    return meter instanceof Timer
        || meter instanceof FunctionTimer
        || meter instanceof TimeGauge
        || meter instanceof LongTaskTimer;
  }

  private Meter meter(Term term) {
    List<Meter> found = meters.getOrDefault(term.in(meters).meter(), List.of());
    if (found.isEmpty()) {
      throw new IllegalStateException("no meter of a rule: " + term.meter());
    }
    return found.get(0);
  }

  /** As Micrometer names it for Prometheus, without the suffix of a counter. */
  private static String name(Meter meter) {
    String name =
        NamingConvention.snakeCase
            .name(meter.getId().getName(), meter.getId().getType())
            .replaceAll("[^A-Za-z0-9_]", "_");
    String unit = isTime(meter) ? "seconds" : meter.getId().getBaseUnit();
    if (unit == null || unit.isEmpty()) {
      return name;
    }
    String suffix = "_" + unit.replaceAll("[^A-Za-z0-9_]", "_");
    return name.endsWith(suffix) ? name : name + suffix;
  }
}
