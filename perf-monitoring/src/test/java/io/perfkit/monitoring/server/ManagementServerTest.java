package io.perfkit.monitoring.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.monitoring.alert.Alerts;
import io.perfkit.monitoring.health.CheckResult;
import io.perfkit.monitoring.health.HealthCheck;
import io.perfkit.monitoring.health.HealthChecks;
import io.perfkit.testing.Await;
import io.perfkit.testing.ReferenceTable;
import io.perfkit.testing.ThreadLeaks;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ManagementServerTest {
  private static final Duration DEADLINE = Duration.ofSeconds(60);
  private static final String TOKEN = "0123456789abcdef";
  private static final ServerConfig LOCAL = ServerConfig.defaults().withPort(0);

  private final AtomicBoolean migrated = new AtomicBoolean(true);
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final Alerts alerts = Alerts.create(registry);
  private final AtomicInteger flushed = new AtomicInteger();
  private final CountDownLatch hangs = new CountDownLatch(1);
  private final HealthChecks health =
      HealthChecks.builder()
          .startup("migration", HealthCheck.of(migrated::get))
          .informative(
              "hangs",
              () -> {
                hangs.await();
                return CheckResult.up();
              })
          .build();

  private final ManagementPages pages =
      ManagementPages.builder()
          .metrics((out, type) -> out.write(("# " + type + "\n").getBytes(UTF_8)))
          .health(health)
          .alerts(alerts)
          .panel(new Cache())
          .build();

  private final class Cache implements Panel {
    @Override
    public String name() {
      return "cache";
    }

    @Override
    public String json() {
      return "{\"entries\":1}";
    }

    @Override
    public Set<String> actions() {
      return Set.of("flush");
    }

    @Override
    public String run(String action) {
      return "{\"flushed\":" + flushed.incrementAndGet() + "}";
    }
  }

  @AfterEach
  void close() {
    hangs.countDown();
    alerts.close();
    health.close();
  }

  private static String request(ManagementServer server, String line, String... headers)
      throws IOException {
    int port = server.port().orElseThrow();
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.setSoTimeout((int) DEADLINE.toMillis());
      StringBuilder text = new StringBuilder(line + " HTTP/1.1\r\nConnection: close\r\n");
      for (String header : headers) {
        text.append(header).append("\r\n");
      }
      if (List.of(headers).stream().noneMatch(header -> header.startsWith("Host:"))) {
        text.append("Host: localhost:").append(port).append("\r\n");
      }
      socket.getOutputStream().write(text.append("\r\n").toString().getBytes(UTF_8));
      return new String(socket.getInputStream().readAllBytes(), UTF_8);
    }
  }

  private static int status(String answer) {
    return Integer.parseInt(answer.split(" ", 3)[1]);
  }

  private void awaitReady() {
    Await.until("ready", DEADLINE, () -> health.ready().healthy());
  }

  @Test
  void servesItsPagesOnLoopback() throws IOException {
    awaitReady();
    alerts.setAlert("Deep: queue.depth > 100");
    try (ManagementServer server = ManagementServer.start(LOCAL, pages)) {
      assertThat(request(server, "GET /metrics")).contains("# text/plain; version=0.0.4");
      assertThat(
              request(
                  server, "GET /metrics", "Accept: application/openmetrics-text; version=1.0.0"))
          .contains("# application/openmetrics-text; version=1.0.0")
          .contains("Content-type: application/openmetrics-text");
      assertThat(request(server, "GET /health")).endsWith("{\"status\":\"UP\"}");
      assertThat(request(server, "GET /health/live")).endsWith("{\"status\":\"UP\"}");
      assertThat(request(server, "GET /health/ready")).endsWith("{\"status\":\"UP\"}");
      assertThat(request(server, "GET /health/startup")).endsWith("{\"status\":\"UP\"}");
      assertThat(request(server, "GET /health/details")).contains("\"name\":\"migration\"");
      assertThat(request(server, "GET /alerts")).contains("\"rule\":\"Deep\"");
      assertThat(request(server, "GET /panels/cache")).endsWith("{\"entries\":1}");
      assertThat(status(request(server, "GET /nothing"))).isEqualTo(404);
      assertThat(status(request(server, "DELETE /metrics"))).isEqualTo(405);
      assertThat(request(server, "HEAD /health/live")).contains("200 OK").doesNotContain("status");
      assertThat(request(server, "GET /metrics")).doesNotContain("Access-Control");
    }
  }

  @Test
  void beyondLoopbackOnlyProbesNeedNoToken() throws IOException {
    awaitReady();
    ServerConfig everywhere = LOCAL.withHost("0.0.0.0");
    try (ManagementServer server = ManagementServer.start(everywhere.withToken(TOKEN), pages)) {
      assertThat(status(request(server, "GET /health/live"))).isEqualTo(200);
      assertThat(status(request(server, "GET /health/ready", "Host: 10.0.0.7:6060")))
          .isEqualTo(200);
      for (String path : List.of("/metrics", "/alerts", "/health/details", "/panels/cache")) {
        assertThat(status(request(server, "GET " + path))).as(path).isEqualTo(404);
        assertThat(status(request(server, "GET " + path, "Authorization: Bearer wrong")))
            .isEqualTo(404);
        assertThat(status(request(server, "GET " + path + "?token=" + TOKEN))).isEqualTo(404);
        assertThat(status(request(server, "GET " + path, "Authorization: Bearer " + TOKEN)))
            .isEqualTo(200);
      }
    }
    try (ManagementServer server = ManagementServer.start(everywhere, pages)) {
      assertThat(status(request(server, "GET /health/live"))).isEqualTo(200);
      assertThat(status(request(server, "GET /metrics"))).isEqualTo(404);
    }
  }

  @Test
  void aForeignHostNameAndAForeignSiteAreRefused() throws IOException {
    try (ManagementServer server = ManagementServer.start(LOCAL, pages)) {
      assertThat(status(request(server, "GET /metrics", "Host: evil.example"))).isEqualTo(403);
      assertThat(status(request(server, "GET /metrics", "Host: 127.0.0.1"))).isEqualTo(200);
      assertThat(status(request(server, "GET /metrics", "Host: [::1]:6060"))).isEqualTo(200);
      String post = "POST /panels/cache/flush";
      String own = "X-Requested-With: perfkit";
      assertThat(status(request(server, post))).isEqualTo(403);
      assertThat(status(request(server, post, own, "Origin: https://evil.example"))).isEqualTo(403);
      assertThat(status(request(server, post, own, "Sec-Fetch-Site: cross-site"))).isEqualTo(403);
      assertThat(flushed).hasValue(0);
      assertThat(request(server, post, own)).endsWith("{\"flushed\":1}");
      assertThat(status(request(server, "POST /panels/cache/drop", own))).isEqualTo(404);
    }
  }

  @Test
  void aTakenPortLetsTheApplicationStart() {
    try (ManagementServer first = ManagementServer.start(LOCAL, pages);
        ManagementServer second =
            ManagementServer.start(LOCAL.withPort(first.port().orElseThrow()), pages)) {
      assertThat(first.port().getAsInt()).isPositive();
      assertThat(second.port()).isEmpty();
    }
  }

  @Test
  void clientsThatSendOneByteOrNeverReadLeaveProbesAlone() throws IOException {
    ManagementPages large =
        ManagementPages.builder()
            .metrics((out, type) -> out.write(new byte[20_000_000]))
            .health(health)
            .build();
    List<Socket> slow = new ArrayList<>();
    try (ManagementServer server = ManagementServer.start(LOCAL, large)) {
      int port = server.port().orElseThrow();
      for (int i = 0; i < 20; i++) {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), port);
        slow.add(socket);
        String sent = i < 10 ? "G" : "GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n";
        socket.getOutputStream().write(sent.getBytes(UTF_8));
      }
      for (int i = 0; i < 100; i++) {
        assertThat(status(request(server, "GET /health/live"))).isEqualTo(200);
      }
    } finally {
      for (Socket socket : slow) {
        socket.close();
      }
    }
  }

  @Test
  void aLongStartAndALongDrainAreAliveAndNotReady() throws IOException {
    migrated.set(false);
    AtomicBoolean done = new AtomicBoolean();
    try (HealthChecks starting =
            HealthChecks.builder().startup("migration", HealthCheck.of(done::get)).build();
        ManagementServer server =
            ManagementServer.start(LOCAL, ManagementPages.builder().health(starting).build())) {
      assertThat(status(request(server, "GET /health/live"))).isEqualTo(200);
      assertThat(status(request(server, "GET /health/startup"))).isEqualTo(503);
      assertThat(status(request(server, "GET /health/ready"))).isEqualTo(503);
      starting.drain();
      assertThat(status(request(server, "GET /health/live"))).isEqualTo(200);
      assertThat(status(request(server, "GET /health/ready"))).isEqualTo(503);
      assertThat(status(request(server, "GET /metrics"))).isEqualTo(404);
    }
  }

  @Test
  void aPageThatFailsIsCountedAndTheOthersAreServed() throws IOException {
    ManagementPages failing =
        ManagementPages.builder()
            .metrics(
                (out, type) -> {
                  throw new IllegalStateException("password=secret");
                })
            .alerts(alerts)
            .build();
    try (ManagementServer server = ManagementServer.start(LOCAL, failing)) {
      assertThat(request(server, "GET /metrics"))
          .contains("500", "java.lang.IllegalStateException")
          .doesNotContain("secret");
      assertThat(status(request(server, "GET /alerts"))).isEqualTo(200);
      assertThat(failing.failures()).isEqualTo(1);
    }
  }

  @Test
  void leavesNoThread() throws IOException {
    ThreadLeaks.assertNone(
        "perf-monitoring-server",
        () -> {
          try (ManagementServer server = ManagementServer.start(LOCAL, pages)) {
            assertThat(status(request(server, "GET /health/live"))).isEqualTo(200);
          }
        });
  }

  @Test
  void defaultsAreThoseOfTheTableAndTheTokenIsNotShown() {
    assertThat(ReferenceTable.under("ServerConfig", "configuration.md").secondByFirst())
        .isEqualTo(ReferenceTable.componentsOf(ServerConfig.defaults()));
    assertThat(LOCAL.withToken(TOKEN).toString()).doesNotContain(TOKEN).contains("token=***");
    assertThatThrownBy(() -> LOCAL.withToken("short"))
        .hasMessage("token: of 5 characters (expected: at least 16)");
    assertThatThrownBy(() -> LOCAL.withPort(70_000))
        .hasMessage("port: 70000 (expected: 0 to 65535)");
    assertThatThrownBy(() -> LOCAL.withMaxThreads(1))
        .hasMessage("maxThreads: 1 (expected: 4 to 1000)");
  }
}
