package io.perfkit.monitoring.alert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.net.httpserver.HttpServer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.testing.Await;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.testing.ThreadLeaks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class AlertsTest {
  private static final Duration DEADLINE = Duration.ofSeconds(60);

  private final MockClock clock = new MockClock();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
  private final Queue<AlertEvent> events = new ConcurrentLinkedQueue<>();
  private final AtomicReference<Double> depth = new AtomicReference<>(0.0);

  private Alerts.Builder builder() {
    return Alerts.builder(registry).sink("test", events::add);
  }

  private void step(Alerts alerts) {
    clock.add(Duration.ofSeconds(15));
    alerts.evaluate();
  }

  private void depth(double value, Alerts alerts, int steps) {
    depth.set(value);
    for (int i = 0; i < steps; i++) {
      step(alerts);
    }
  }

  private void registerDepth() {
    Gauge.builder("queue.depth", depth, AtomicReference::get).register(registry);
  }

  private List<AlertState> told(Alerts alerts) throws InterruptedException {
    alerts.drain(DEADLINE.toMillis());
    return events.stream().map(AlertEvent::state).toList();
  }

  @Test
  void everyRuleOfTheDocumentsAndPacksFiresOnASickHostAndNoneOnAHealthyOne() {
    SickHost host = new SickHost();
    try (Alerts alerts = Alerts.builder(host.registry()).sink("test", events::add).buildStill()) {
      SickHost.rules().forEach(alerts::setAlert);
      assertThat(alerts.unknownMeters()).isEmpty();
      for (int i = 0; i < 80; i++) {
        host.step();
        alerts.evaluate();
      }
      assertThat(alerts.fired()).isEmpty();
      host.sick(true);
      for (int i = 0; i < 80; i++) {
        host.step();
        alerts.evaluate();
      }
      assertThat(alerts.fired().stream().map(AlertEvent::rule).toList())
          .containsExactlyInAnyOrderElementsOf(
              SickHost.rules().stream().map(AlertRule::name).toList());
    }
  }

  @Test
  void setAlertReadsAsInTheDocuments() {
    try (Alerts alerts = builder().buildStill()) {
      alerts.setAlert("http.response_time.p95", 500);
      alerts.setAlert("cache.hit_rate", 0.6, "lt");
      alerts.setAlert("pool.active / pool.max > 0.8 for 5m severity warning");
      assertThat(alerts.alerts())
          .extracting(AlertReport::expression)
          .contains("http.server.requests.p95 > 500");
      assertThat(alerts.alerts()).hasSize(3);
      alerts.setAlert("http.response_time.p95", 600);
      assertThat(alerts.alerts()).hasSize(3);
      assertThat(alerts.removeAlert("http_server_requests_p95_gt")).isTrue();
      assertThatThrownBy(() -> alerts.setAlert("cache.hit_rate", 0.6, "below"))
          .hasMessage("comparison: 'below' (expected: gt, ge, lt, le, eq or ne)");
    }
  }

  @Test
  void firesOnceAndIsResolvedOnceBelowTheResolveThreshold() throws InterruptedException {
    registerDepth();
    try (Alerts alerts = builder().buildStill()) {
      alerts.setAlert("Deep: queue.depth > 100 for 1m severity critical action \"Scale out\"");
      depth(110, alerts, 4);
      assertThat(alerts.alerts().get(0).state()).isEqualTo(AlertState.PENDING);
      depth(110, alerts, 4);
      depth(95, alerts, 20);
      assertThat(told(alerts)).containsExactly(AlertState.FIRING);
      depth(80, alerts, 3);
      assertThat(told(alerts)).containsExactly(AlertState.FIRING, AlertState.INACTIVE);
      assertThat(events.peek().text())
          .isEqualTo("CRITICAL alert Deep fires: queue.depth > 100, now 110. Scale out");
      assertThat(alerts.fired()).hasSize(1);
    }
  }

  @Test
  void ratesAndRatiosNeedSamplesAndSurviveARestartOfTheCounters() {
    try (Alerts alerts = builder().buildStill()) {
      alerts.setAlert(
          "Errors: calls.count{outcome=\"error\"} / calls.count > 0.1 over 1m min 20 samples");
      registry.counter("calls", "outcome", "success").increment(5);
      registry.counter("calls", "outcome", "error").increment(5);
      step(alerts);
      assertThat(alerts.alerts().get(0).state()).isEqualTo(AlertState.INACTIVE);
      registry.counter("calls", "outcome", "success").increment(20);
      step(alerts);
      assertThat(alerts.alerts().get(0).state()).isEqualTo(AlertState.FIRING);
      registry.clear();
      registry.counter("calls", "outcome", "success").increment(1);
      step(alerts);
      assertThat(alerts.alerts().get(0).value()).isBetween(0.0, 1.0);
    }
  }

  @Test
  void aCounterThatAppearsWithItsFirstEventCountsIt() { // the increase is from 0
    try (Alerts alerts = builder().buildStill()) {
      alerts.setAlert("Lost: jobs.lost.count > 0 over 1m");
      step(alerts);
      registry.counter("jobs.lost").increment();
      step(alerts);
      assertThat(alerts.alerts().get(0).state()).isEqualTo(AlertState.FIRING);
    }
    Alerts later = builder().buildStill();
    later.setAlert("Lost: jobs.lost.count > 0 over 1m");
    step(later);
    assertThat(later.alerts().get(0).state())
        .as("what was before the rule is no increase")
        .isEqualTo(AlertState.INACTIVE);
    later.close();
  }

  @Test
  void eachScopeHasItsOwnAlertAndTheyAreBounded() throws InterruptedException {
    for (int i = 0; i < 20; i++) {
      int fill = i == 10 ? 9 : 1;
      Gauge.builder("pool.used", () -> fill).tag("pool", "p" + i).register(registry);
      Gauge.builder("pool.size", () -> 10).tag("pool", "p" + i).register(registry);
    }
    try (Alerts alerts =
        builder().config(AlertConfig.builder().maxScopes(10).build()).buildStill()) {
      alerts.setAlert("Full: pool.used / pool.size > 0.8 by pool");
      step(alerts);
      alerts.drain(DEADLINE.toMillis());
      assertThat(events).singleElement().extracting(AlertEvent::key).isEqualTo("Full{p10}");
      assertThat(alerts.alerts()).hasSize(10);
    }
  }

  @Test
  void aGaugeThatThrowsIsNoDataAndTheOtherRulesGoOn() throws InterruptedException {
    registerDepth();
    Gauge.builder(
            "broken",
            () -> {
              throw new IllegalStateException("gone");
            })
        .register(registry);
    try (Alerts alerts = builder().buildStill()) {
      alerts.setAlert("Broken: broken > 1");
      alerts.setAlert("Deep: queue.depth > 100");
      depth(110, alerts, 1);
      alerts.drain(DEADLINE.toMillis());
      assertThat(events).extracting(AlertEvent::rule).containsExactly("Deep");
    }
  }

  @Test
  void aSinkThatHangsIsInNobodysWay() throws InterruptedException {
    registerDepth();
    CountDownLatch end = new CountDownLatch(1);
    try (Alerts alerts = builder().sink("hangs", event -> end.await()).buildStill()) {
      alerts.setAlert("Deep: queue.depth > 100 keep 0s");
      for (int i = 0; i < 3; i++) {
        depth(110, alerts, 1);
        depth(0, alerts, 1);
      }
      Await.until("the other sink was told", DEADLINE, () -> events.size() >= 1);
      end.countDown();
    }
  }

  @Test
  void aSinkThatWasDownGetsOneMessageOfTheStateOfThen() throws InterruptedException {
    registerDepth();
    AtomicBoolean down = new AtomicBoolean(true);
    Queue<AlertState> received = new ConcurrentLinkedQueue<>();
    AlertSink sink =
        event -> {
          if (down.get()) {
            throw new IOException("https://hooks.example/secret");
          }
          received.add(event.state());
        };
    AlertConfig many = AlertConfig.builder().maxChanges(100).build();
    try (Alerts alerts = Alerts.builder(registry).config(many).sink("hook", sink).buildStill()) {
      alerts.setAlert("Deep: queue.depth > 100 keep 0s");
      depth(110, alerts, 1);
      depth(0, alerts, 1);
      depth(110, alerts, 1);
      down.set(false);
      alerts.drain(DEADLINE.toMillis());
      assertThat(received).containsExactly(AlertState.FIRING);
      down.set(true);
      depth(0, alerts, 1);
      depth(110, alerts, 1);
      down.set(false);
      alerts.drain(DEADLINE.toMillis());
      assertThat(received.stream().distinct().count()).isLessThanOrEqualTo(2);
      assertThat(received).last().isEqualTo(AlertState.FIRING);
    }
  }

  @Test
  void postsToAWebhookAndNeverNamesItsAddress() throws IOException, InterruptedException {
    registerDepth();
    Queue<String> bodies = new ConcurrentLinkedQueue<>();
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/secret",
        exchange -> {
          String token = exchange.getRequestHeaders().getFirst("Authorization");
          bodies.add(token + " " + new String(exchange.getRequestBody().readAllBytes(), UTF_8));
          exchange.sendResponseHeaders(204, -1);
          exchange.close();
        });
    server.start();
    URI address =
        URI.create("http://127.0.0.1:" + server.getAddress().getPort() + "/secret?token=abc");
    AlertSink webhook = AlertSink.webhook(address, Map.of("Authorization", "Bearer xyz"));
    try (Alerts alerts = Alerts.builder(registry).sink("webhook", webhook).buildStill()) {
      alerts.setAlert("Deep: queue.depth > 100 action \"say it\"");
      depth(110, alerts, 1);
      alerts.drain(DEADLINE.toMillis());
      assertThat(bodies)
          .containsExactly(
              "Bearer xyz {\"key\":\"Deep\",\"rule\":\"Deep\",\"scope\":\"\",\"state\":\"FIRING\","
                  + "\"severity\":\"WARNING\",\"value\":110,\"expression\":\"queue.depth > 100\","
                  + "\"action\":\"say it\",\"at\":\"1970-01-01T00:00:15.001Z\"}");
    } finally {
      server.stop(0);
    }
    assertThat(webhook.toString()).doesNotContain("secret", "abc", "xyz");
    assertThatThrownBy(() -> AlertSink.webhook(URI.create("ftp://host/secret"), Map.of()))
        .hasMessage("address: of scheme 'ftp' (expected: http or https, with a host)");
    assertThatThrownBy(
            () ->
                webhook.send(
                    new AlertEvent(
                        "a", "", AlertState.FIRING, Severity.INFO, 1, "a > 1", "", Instant.EPOCH)))
        .satisfies(e -> assertThat(String.valueOf(e.getMessage())).doesNotContain("secret", "abc"));
  }

  @Test
  void aRestartNeitherLosesTheEndOfAnAlertNorBeginsItsTimeAnew(@TempDir Path folder)
      throws InterruptedException {
    registerDepth();
    Path file = folder.resolve("alerts");
    Alerts first = builder().stateFile(file).buildStill();
    first.setAlert("Deep: queue.depth > 100");
    first.setAlert("Deeper: queue.depth > 50 for 2m");
    depth(110, first, 2);
    assertThat(told(first)).containsExactly(AlertState.FIRING);
    first.close();
    events.clear();
    clock.add(Duration.ofMinutes(10));

    try (Alerts second = builder().stateFile(file).buildStill()) {
      second.setAlert("Deep: queue.depth > 100");
      second.setAlert("Deeper: queue.depth > 50 for 2m");
      depth(110, second, 2);
      assertThat(told(second)).as("no false resolve, no second message").isEmpty();
      depth(0, second, 4);
      assertThat(told(second)).containsExactly(AlertState.INACTIVE);
    }
  }

  @Test
  void aStateThatCantBeReadBeginsAnew(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("alerts");
    Files.writeString(file, "nonsense\n");
    try (Alerts alerts = builder().stateFile(file).buildStill()) {
      alerts.setAlert("Deep: queue.depth > 100");
      assertThat(alerts.alerts().get(0).state()).isEqualTo(AlertState.INACTIVE);
    }
  }

  @Test
  void namesMetersThatNothingExportsAndRefusesToExportTheirRules() {
    registerDepth();
    try (Alerts alerts = builder().buildStill()) {
      alerts.setAlert("Deep: queue.depth > 100");
      alerts.setAlert("Odd: queue.dept > 100");
      assertThat(alerts.unknownMeters()).containsExactly("queue.dept");
      assertThatThrownBy(alerts::prometheusRules)
          .hasMessage(
              "rules name meters that the registry has not: [queue.dept] (expected: export once"
                  + " all parts run, or remove those rules)");
    }
  }

  @Test
  void everyRuleOfThePacksNamesAMeterOfTheReferenceOrOfMicrometer() {
    String reference = reference();
    for (AlertRule rule : SickHost.rules()) {
      for (Term term : rule.terms()) {
        boolean ours = term.meter().startsWith("perf.");
        assertThat(!ours || reference.contains("`" + term.meter() + "`"))
            .as("%s in %s", term.meter(), rule.name())
            .isTrue();
      }
    }
  }

  private static String reference() {
    return Stream.of("perf-cache", "perf-db: batch", "perf-db: queries", "perf-db: the pool")
        .map(heading -> ReferenceTable.under(heading, "metrics.md").rows().toString())
        .collect(Collectors.joining());
  }

  @Test
  void metersAreThoseOfTheTableAndGoWithTheAlerts() throws InterruptedException {
    Alerts alerts = builder().buildStill();
    Alerts other = builder().buildStill();
    assertThat(ReferenceTable.metersOf(registry))
        .isEqualTo(ReferenceTable.under("perf-monitoring: alerts", "metrics.md").meters());
    other.close();
    alerts.close();
    assertThat(registry.getMeters()).isEmpty();
  }

  @Test
  void evaluatesByItselfAndLeavesNoThread() {
    SimpleMeterRegistry real = new SimpleMeterRegistry();
    Gauge.builder("queue.depth", () -> 200).register(real);
    ThreadLeaks.assertNone(
        "perf-monitoring-alerts",
        () -> {
          AlertConfig fast = AlertConfig.builder().interval(Duration.ofMillis(100)).build();
          try (Alerts alerts =
              Alerts.builder(real).config(fast).sink("test", events::add).build()) {
            alerts.setAlert("Deep: queue.depth > 100");
            Await.until("it fires", DEADLINE, () -> !events.isEmpty());
          }
        });
  }

  @Test
  void defaultsAreThoseOfTheTable() {
    assertThat(ReferenceTable.under("AlertConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(AlertConfig.defaults()));
    assertThatThrownBy(() -> AlertConfig.builder().maxScopes(0).build())
        .hasMessage("maxScopes: 0 (expected: 1 to 10000)");
    assertThatThrownBy(() -> AlertConfig.builder().interval(Duration.ofMillis(1)).build())
        .hasMessage("interval: PT0.001S (expected: PT0.1S to PT10M)");
  }
}
