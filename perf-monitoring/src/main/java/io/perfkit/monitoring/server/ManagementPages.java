package io.perfkit.monitoring.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import io.perfkit.monitoring.alert.Alerts;
import io.perfkit.monitoring.health.CheckReport;
import io.perfkit.monitoring.health.HealthChecks;
import io.perfkit.monitoring.health.HealthReport;
import io.perfkit.monitoring.internal.Json;
import io.perfkit.monitoring.internal.OncePerMinute;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The texts and JSON of a management server, also for a server of the host: {@code
 * pages.metrics(accept)}, {@code pages.health()}. Thread safe. Who may read them is decided by who
 * serves them.
 */
public final class ManagementPages {
  private static final Logger LOG = LoggerFactory.getLogger(ManagementPages.class);
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9-]{1,100}");
  private static final String TEXT = "text/plain; version=0.0.4; charset=utf-8";
  private static final String OPEN_METRICS =
      "application/openmetrics-text; version=1.0.0; charset=utf-8";

  private final @Nullable MetricsWriter metrics;
  private final @Nullable HealthChecks health;
  private final @Nullable Alerts alerts;
  private final Map<String, Panel> panels;
  private final AtomicLong failures = new AtomicLong();
  private final OncePerMinute failureLog = new OncePerMinute();

  private ManagementPages(Builder builder) {
    this.metrics = builder.metrics;
    this.health = builder.health;
    this.alerts = builder.alerts;
    this.panels = Map.copyOf(builder.panels);
  }

  /** Pages without parts yet; a page whose part is missing is not found. */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * All metrics, as OpenMetrics if the request accepts it, else as Prometheus text.
   *
   * @param accept the request's header; empty if there is none
   */
  public Page metrics(String accept) {
    if (metrics == null) {
      return Page.notFound();
    }
    String type = accept.contains("application/openmetrics-text") ? OPEN_METRICS : TEXT;
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try {
      metrics.write(out, type);
    } catch (IOException | RuntimeException e) { // of a gauge of the host
      return failed("metrics", e);
    }
    return new Page(200, type, out.toString(UTF_8));
  }

  /** Whether the instance is alive and ready: no names, no reasons. 503 if not. */
  public Page health() {
    if (health == null) {
      return Page.notFound();
    }
    return report(health.live().healthy() ? health.ready() : health.live());
  }

  /** Whether the process should go on. */
  public Page live() {
    return health == null ? Page.notFound() : report(health.live());
  }

  /** Whether the instance should get requests. */
  public Page ready() {
    return health == null ? Page.notFound() : report(health.ready());
  }

  /** Whether the instance has started. */
  public Page startup() {
    return health == null ? Page.notFound() : report(health.startup());
  }

  private static Page report(HealthReport report) {
    return Page.json(report.healthy() ? 200 : 503, report.json());
  }

  /** Names, states and reasons of all checks as a JSON array: for operators. */
  public Page healthDetails() {
    if (health == null) {
      return Page.notFound();
    }
    return Page.json(
        200,
        health.details().stream()
            .map(ManagementPages::json)
            .collect(Collectors.joining(",", "[", "]")));
  }

  private static String json(CheckReport check) {
    return Json.object()
        .with("name", check.name())
        .with("group", check.group().name())
        .with("status", check.status().name())
        .with("reason", check.reason())
        .with("seconds", check.age().toSeconds())
        .toString();
  }

  /** All alerts as they stand, as a JSON array. */
  public Page alerts() {
    return alerts == null ? Page.notFound() : Page.json(200, alerts.json());
  }

  /** What a panel shows. */
  public Page panel(String name) {
    Panel panel = panels.get(name);
    if (panel == null) {
      return Page.notFound();
    }
    try {
      return Page.json(200, panel.json());
    } catch (RuntimeException e) {
      return failed("panel " + name, e);
    }
  }

  /** Has a panel do something. The caller has made sure that a user wants it, and which. */
  public Page run(String name, String action) {
    Panel panel = panels.get(name);
    if (panel == null || !panel.actions().contains(action)) {
      return Page.notFound();
    }
    LOG.info("action '{}' of the panel '{}'", action, name);
    try {
      return Page.json(200, panel.run(action));
    } catch (RuntimeException e) {
      return failed("action " + action + " of panel " + name, e);
    }
  }

  private Page failed(String what, Exception e) {
    failures.incrementAndGet();
    if (failureLog.isDue()) {
      LOG.warn("{} failed", what, e);
    }
    return Page.text(500, "failed: " + e.getClass().getName());
  }

  /** Pages that failed, of all kinds together. */
  public long failures() {
    return failures.get();
  }

  /** The page of a path such as {@code /health/live}, read by GET. */
  Page get(String path, String accept) {
    if (path.startsWith("/panels/")) {
      return panel(path.substring("/panels/".length()));
    }
    return switch (path) {
      case "/metrics" -> metrics(accept);
      case "/health" -> health();
      case "/health/live" -> live();
      case "/health/ready" -> ready();
      case "/health/startup" -> startup();
      case "/health/details" -> healthDetails();
      case "/alerts" -> alerts();
      default -> Page.notFound();
    };
  }

  /** The parts. One thread at a time. */
  public static final class Builder {
    private final Map<String, Panel> panels = new TreeMap<>();
    private @Nullable MetricsWriter metrics;
    private @Nullable HealthChecks health;
    private @Nullable Alerts alerts;

    private Builder() {}

    /** For {@code /metrics}: {@code prometheus::scrape}. */
    public Builder metrics(MetricsWriter writer) {
      metrics = requireNonNull(writer, "writer");
      return this;
    }

    /** For {@code /health}. */
    public Builder health(HealthChecks checks) {
      health = requireNonNull(checks, "checks");
      return this;
    }

    /** For {@code /alerts}. */
    public Builder alerts(Alerts all) {
      alerts = requireNonNull(all, "all");
      return this;
    }

    /** For {@code /panels/}. */
    public Builder panel(Panel panel) {
      String name = panel.name();
      if (!NAME.matcher(name).matches() || panels.putIfAbsent(name, panel) != null) {
        throw new IllegalArgumentException(
            "panel: '" + name + "' (expected: letters, digits and -, each name once)");
      }
      return this;
    }

    /** The pages. */
    public ManagementPages build() {
      return new ManagementPages(this);
    }
  }
}
