package io.perfkit.monitoring.alert;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.config.MeterFilter;
import io.perfkit.monitoring.internal.OncePerMinute;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Alerts on the meters of a registry: {@code alerts.setAlert("http.response_time.p95", 500)}.
 * Thread safe. Keeps one thread that evaluates all rules, and one for each sink; no caller waits
 * for either.
 */
public final class Alerts implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Alerts.class);
  private static final int MAX_RULES = 1_000;
  private static final int MAX_WAITING = 1_000;

  private final MeterRegistry registry;
  private final Clock clock;
  private final AlertConfig config;
  private final Map<String, ActiveRule> rules = new ConcurrentHashMap<>();
  private final List<SinkQueue> sinks = new ArrayList<>();
  private final AlertMeters meters;
  private final OncePerMinute failureLog = new OncePerMinute();
  private final @Nullable ScheduledThreadPoolExecutor ticker;

  /* Guarded by this: evaluation, and what it leaves. No sink and no caller runs under it. */
  private final AlertFile file;
  private final Deque<AlertEvent> fired = new ArrayDeque<>();

  private Alerts(Builder builder, boolean ticking) {
    this.registry = builder.registry;
    this.clock = registry.config().clock();
    this.config = builder.config;
    this.file = new AlertFile(builder.stateFile);
    Map<String, AlertSink> wanted =
        builder.sinks.isEmpty() ? Map.of("log", AlertSink.log()) : builder.sinks;
    wanted.forEach((name, sink) -> sinks.add(new SinkQueue(name, sink, MAX_WAITING)));
    this.meters = new AlertMeters(registry, builder.name, sinks, this::alertsIn);
    this.ticker = ticking ? ticker(config) : null;
  }

  private ScheduledThreadPoolExecutor ticker(AlertConfig settings) {
    ScheduledThreadPoolExecutor scheduler =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread thread = new Thread(task, "perf-monitoring-alerts");
              thread.setDaemon(true);
              return thread;
            });
    long millis = settings.interval().toMillis();
    var unused =
        scheduler.scheduleWithFixedDelay(
            this::evaluateAndGoOn, millis, millis, TimeUnit.MILLISECONDS);
    return scheduler;
  }

  /** Alerts on a registry that go to the log, without a rule yet. */
  public static Alerts create(MeterRegistry registry) {
    return builder(registry).build();
  }

  /** Alerts on a registry, with other settings and sinks. */
  public static Builder builder(MeterRegistry registry) {
    return new Builder(registry);
  }

  /**
   * Has timers publish the percentiles that rules name, which an alert and a metrics server then
   * read: {@code registry.config().meterFilter(Alerts.percentiles(pack.rules()))}, before the first
   * meter. A rule on a percentile that no meter publishes never has data.
   */
  public static MeterFilter percentiles(Collection<AlertRule> rules) {
    return new PercentileFilter(rules);
  }

  /** A rule that fires while the value is above the threshold. */
  public void setAlert(String metric, double threshold) {
    setAlert(metric, threshold, "gt");
  }

  /**
   * A rule that fires while the comparison holds.
   *
   * @param comparison gt, ge, lt, le, eq or ne
   */
  public void setAlert(String metric, double threshold, String comparison) {
    Comparison known =
        Comparison.of(comparison)
            .orElseThrow(
                () ->
                    new IllegalArgumentException(
                        "comparison: '" + comparison + "' (expected: gt, ge, lt, le, eq or ne)"));
    setAlert(metric + " " + known.sign() + " " + RuleText.number(threshold));
  }

  /**
   * A rule by its text.
   *
   * @throws IllegalArgumentException as {@link AlertRule#parse} does
   */
  public void setAlert(String rule) {
    setAlert(AlertRule.parse(rule));
  }

  /** A rule, in place of one of its name, whose alerts then begin anew. */
  public synchronized void setAlert(AlertRule rule) {
    if (rules.size() >= MAX_RULES && !rules.containsKey(rule.name())) {
      throw new IllegalStateException("rules: more than " + MAX_RULES);
    }
    ActiveRule active = new ActiveRule(rule, config);
    long now = clock.monotonicTime();
    for (AlertFile.Saved saved : file.take(rule.name())) {
      active.restore(saved.scope(), saved.at(now));
      String key = saved.scope().isEmpty() ? rule.name() : rule.name() + "{" + saved.scope() + "}";
      sinks.forEach(sink -> sink.knows(key, saved.told()));
    }
    rules.put(rule.name(), active);
    active.prime(metersByName(), now);
  }

  /** All rules of a pack. */
  public void setAlerts(AlertPack pack) {
    pack.rules().forEach(this::setAlert);
  }

  /** Removes a rule and its alerts, without an event; whether there was one. */
  public boolean removeAlert(String name) {
    return rules.remove(name) != null;
  }

  private void evaluateAndGoOn() {
    try {
      evaluate();
    } catch (RuntimeException | Error e) { // of the host's registry; the ticker goes on
      if (failureLog.isDue()) {
        LOG.warn("an evaluation of the alerts failed", e);
      }
    }
  }

  /** One round over all rules. */
  void evaluate() {
    meters.evaluations().record(this::evaluateAll);
  }

  private synchronized void evaluateAll() {
    Map<String, List<Meter>> byName = metersByName();
    long now = clock.monotonicTime();
    Map<String, Map<String, AlertStatus>> open = new HashMap<>();
    for (ActiveRule rule : rules.values()) {
      for (AlertEvent event : rule.evaluate(byName, now, wallTime())) {
        keep(event);
        sinks.forEach(sink -> sink.offer(event));
      }
      open.put(rule.rule().name(), rule.open());
    }
    file.write(open, now);
  }

  private void keep(AlertEvent event) {
    if (event.state() != AlertState.INACTIVE) {
      fired.add(event);
      if (fired.size() > config.maxHistory()) {
        fired.remove();
      }
    }
  }

  private Instant wallTime() {
    return Instant.ofEpochMilli(clock.wallTime());
  }

  private Map<String, List<Meter>> metersByName() {
    return registry.getMeters().stream()
        .collect(Collectors.groupingBy(meter -> meter.getId().getName()));
  }

  private int alertsIn(AlertState state) {
    return rules.values().stream().mapToInt(rule -> rule.in(state)).sum();
  }

  /** All alerts as they stand, ordered by rule and scope. */
  public List<AlertReport> alerts() {
    long now = clock.monotonicTime();
    return new TreeMap<>(rules)
        .values().stream().flatMap(rule -> rule.reports(now).stream()).toList();
  }

  /** The last alerts that fired, at most {@link AlertConfig#maxHistory}, oldest first. */
  public synchronized List<AlertEvent> fired() {
    return List.copyOf(fired);
  }

  /** {@link #alerts} as a JSON array. */
  public String json() {
    return alerts().stream().map(AlertReport::json).collect(Collectors.joining(",", "[", "]"));
  }

  /**
   * The meters that rules name and the registry has not, ordered by name: a misspelt name, or a
   * part that does not run yet.
   */
  public Set<String> unknownMeters() {
    Map<String, List<Meter>> known = metersByName();
    Set<String> unknown = new TreeSet<>();
    for (ActiveRule rule : rules.values()) {
      rule.rule().terms().forEach(term -> unknown.add(term.in(known).meter()));
    }
    unknown.removeAll(known.keySet());
    return unknown;
  }

  /**
   * All rules as a rule file of Prometheus 2.42 or later, ordered by name.
   *
   * @throws IllegalStateException if there are {@link #unknownMeters}
   */
  public String prometheusRules() {
    Set<String> unknown = unknownMeters();
    if (!unknown.isEmpty()) {
      throw new IllegalStateException(
          "rules name meters that the registry has not: "
              + unknown
              + " (expected: export once all parts run, or remove those rules)");
    }
    return new PrometheusRules(metersByName())
        .yaml(new TreeMap<>(rules).values().stream().map(ActiveRule::rule).toList());
  }

  /** Waits until the sinks have delivered, each for a limited time. */
  void drain(long millis) throws InterruptedException {
    for (SinkQueue sink : sinks) {
      sink.drain(millis);
    }
  }

  /** Ends the threads. Alerts that fire stay open: nothing was resolved. */
  @Override
  public void close() {
    if (ticker != null) {
      ticker.shutdownNow();
    }
    sinks.forEach(SinkQueue::close);
    meters.close();
  }

  /** Settings and sinks. One thread at a time. */
  public static final class Builder {
    private final MeterRegistry registry;
    private final Map<String, AlertSink> sinks = new LinkedHashMap<>();
    private AlertConfig config = AlertConfig.defaults();
    private String name = "alerts";
    private @Nullable Path stateFile;

    private Builder(MeterRegistry registry) {
      this.registry = requireNonNull(registry, "registry");
    }

    /** How rules are evaluated. */
    public Builder config(AlertConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /**
     * The tag {@code alerts} of the meters: {@code alerts} by default. While another one of that
     * name uses the registry, it is {@code name-2} and so on.
     */
    public Builder name(String text) {
      name = requireNonNull(text, "text");
      return this;
    }

    /** A sink; with none, alerts go to the log. */
    public Builder sink(String sinkName, AlertSink sink) {
      requireNonNull(sinkName, "sinkName");
      if (sinks.putIfAbsent(sinkName, requireNonNull(sink, "sink")) != null) {
        throw new IllegalArgumentException("sinkName: '" + sinkName + "' (expected: once)");
      }
      return this;
    }

    /**
     * Where open alerts are kept over a restart, so that what fired is resolved once it is. Without
     * one, an alert that fires while the process ends is never resolved.
     */
    public Builder stateFile(Path file) {
      stateFile = requireNonNull(file, "file");
      return this;
    }

    /** Starts the evaluation. */
    public Alerts build() {
      return new Alerts(this, true);
    }

    /** The same, evaluated by {@link Alerts#evaluate} alone. */
    Alerts buildStill() {
      return new Alerts(this, false);
    }
  }
}
