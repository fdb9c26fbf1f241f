package io.perfkit.monitoring.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.URI;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The examples of docs/guide/monitoring.md. */
final class AlertsGuideTest {
  @Test
  void alerts() {
    var registry = new SickHost().registry();
    URI hook = URI.create("http://127.0.0.1:9/");
    String token = "x";
    registry.config().meterFilter(Alerts.percentiles(AlertPack.defaults().rules())); // first of all
    Alerts alerts =
        Alerts.builder(registry)
            .sink("log", AlertSink.log())
            .sink("chat", AlertSink.webhook(hook, Map.of("Authorization", "Bearer " + token)))
            .build();
    alerts.setAlerts(AlertPack.defaults());
    alerts.setAlert("http.response_time.p95", 500);
    alerts.setAlert("cache.hit_rate", 0.6, "lt");
    alerts.setAlert("PoolFull: pool.active / pool.max > 0.8 for 5m by pool severity warning");
    List<AlertReport> now = alerts.alerts();
    List<AlertEvent> fired = alerts.fired();
    assertThat(now).isNotEmpty();
    assertThat(fired).isEmpty();
    String rules = alerts.prometheusRules(); // refused if a rule names a meter that is not there
    assertThat(rules).contains("alert: PoolFull");
    alerts.close();
  }
}
