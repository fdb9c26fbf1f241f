package io.perfkit.monitoring.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.monitoring.alert.Alerts;
import io.perfkit.monitoring.health.HealthChecks;
import java.io.IOException;
import java.io.OutputStream;
import org.junit.jupiter.api.Test;

/** The examples of docs/guide/monitoring.md. */
final class ServerGuideTest {
  private static final class Prometheus {
    void scrape(OutputStream out, String contentType) throws IOException {
      out.write(contentType.length());
    }
  }

  @Test
  void server() {
    Prometheus prometheus = new Prometheus();
    String token = "0123456789abcdef";
    String accept = "";
    int free = 0;
    try (HealthChecks health = HealthChecks.disabled();
        Alerts alerts = Alerts.create(new SimpleMeterRegistry())) {
      ManagementPages pages =
          ManagementPages.builder()
              .metrics(prometheus::scrape) // Micrometer's PrometheusMeterRegistry
              .health(health)
              .alerts(alerts)
              .build();
      ServerConfig config = ServerConfig.defaults().withHost("0.0.0.0").withToken(token);
      ManagementServer server = ManagementServer.start(config.withPort(free), pages);
      Page metrics = pages.metrics(accept); // for a server of the host's own
      Page ready = pages.ready();
      assertThat(metrics.status()).isEqualTo(200);
      assertThat(ready.body()).isEqualTo("{\"status\":\"UP\"}");
      server.close();
    }
  }
}
