package io.perfkit.monitoring.alert;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Exported rules, judged by Prometheus' own tool on the same series: {@code mvn -Ppromtool test}.
 */
final class PrometheusRulesPromtool {
  private static final int RULES = 100;
  private static final int STEPS = 100;

  @TempDir Path folder;

  @Test
  void everyShippedRuleIsReadByPrometheus() throws IOException, InterruptedException {
    SickHost host = new SickHost();
    try (Alerts alerts = Alerts.builder(host.registry()).buildStill()) {
      SickHost.rules().forEach(alerts::setAlert);
      Path rules = Files.writeString(folder.resolve("rules.yml"), alerts.prometheusRules());
      assertThat(promtool("check", "rules", rules.toString()))
          .contains("SUCCESS: " + SickHost.rules().size() + " rules found");
    }
  }

  @Test
  void randomSeriesFireInPrometheusWhenTheyFireHere() throws IOException, InterruptedException {
    long seed = new Random().nextLong();
    assertThat(judged(seed, 0)).as("seed %d", seed).contains("SUCCESS");
    assertThat(judged(seed, 1)).as("a verdict that is one step late is seen").contains("FAILED");
  }

  private String judged(long seed, int late) throws IOException, InterruptedException {
    Random random = new Random(seed);
    MockClock clock = new MockClock();
    SimpleMeterRegistry registry = new SimpleMeterRegistry(SimpleConfig.DEFAULT, clock);
    double[] values = new double[RULES];
    AlertConfig many =
        AlertConfig.builder().maxChanges(1_000).flapWindow(Duration.ofSeconds(15)).build();
    StringBuilder series = new StringBuilder();
    List<StringBuilder> written = new ArrayList<>();
    StringBuilder expected = new StringBuilder();
    try (Alerts alerts = Alerts.builder(registry).config(many).buildStill()) {
      for (int i = 0; i < RULES; i++) {
        int index = i;
        Gauge.builder("depth." + i, () -> values[index]).register(registry);
        written.add(new StringBuilder());
        String comparison = i % 2 == 0 ? ">" : "<";
        alerts.setAlert(
            String.format(
                Locale.ROOT,
                "R%d: depth.%d %s 100 for %ds keep %ds",
                i,
                i,
                comparison,
                15 * random.nextInt(5),
                15 * random.nextInt(5)));
      }
      List<List<String>> firing = new ArrayList<>();
      for (int step = 0; step < STEPS; step++) {
        for (int i = 0; i < RULES; i++) {
          values[i] = random.nextInt(3) == 0 ? 80 + random.nextInt(40) : values[i];
          written.get(i).append(' ').append((int) values[i]);
        }
        alerts.evaluate();
        clock.add(Duration.ofSeconds(15));
        firing.add(
            alerts.alerts().stream()
                .filter(alert -> alert.state() == AlertState.FIRING)
                .map(AlertReport::rule)
                .toList());
      }
      for (int step = late; step < STEPS; step += 3) {
        for (int i = 0; i < RULES; i++) {
          expected
              .append("      - eval_time: ")
              .append(15 * step)
              .append("s\n        alertname: R")
              .append(i)
              .append('\n');
          if (firing.get(step - late).contains("R" + i)) {
            expected
                .append("        exp_alerts: [{exp_labels: {severity: warning}, exp_annotations:")
                .append(" {action: \"\", summary: \"depth.")
                .append(i)
                .append(i % 2 == 0 ? " > 100" : " < 100")
                .append("\"}}]\n");
          }
        }
      }
      for (int i = 0; i < RULES; i++) {
        series
            .append("      - series: depth_")
            .append(i)
            .append("\n        values: '")
            .append(written.get(i).toString().trim())
            .append("'\n");
      }
      Files.writeString(folder.resolve("rules.yml"), alerts.prometheusRules());
    }
    Path test =
        Files.writeString(
            folder.resolve("test.yml"),
            "rule_files: [rules.yml]\nevaluation_interval: 15s\ntests:\n  - interval: 15s\n"
                + "    input_series:\n"
                + series
                + "    alert_rule_test:\n"
                + expected);
    return promtool("test", "rules", test.toString());
  }

  private static String promtool(String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("promtool"));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    process.waitFor();
    return output;
  }
}
