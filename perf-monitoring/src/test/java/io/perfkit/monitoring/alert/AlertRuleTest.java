package io.perfkit.monitoring.alert;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class AlertRuleTest {
  private static final String HTTP = "http.server.requests";

  @Test
  void readsAThresholdWithItsDefaults() {
    AlertRule rule = AlertRule.parse("http.response_time.p95 > 500");
    assertThat(rule.name()).isEqualTo("http_server_requests_p95_gt");
    assertThat(rule.severity()).isEqualTo(Severity.WARNING);
    assertThat(rule.conditions())
        .singleElement()
        .satisfies(
            condition -> {
              assertThat(condition.quantity().top().meter()).isEqualTo(HTTP);
              assertThat(condition.quantity().top().function()).isEqualTo(Function.P95);
              assertThat(condition.threshold()).isEqualTo(500);
              assertThat(condition.resolve()).isEqualTo(450);
            });
    assertThat(rule.minSamples()).isEqualTo(20);
    assertThat(AlertRule.parse("jobs.time.p99 > 500").minSamples()).isEqualTo(100);
    assertThat(AlertRule.parse("cache.hit_rate < 0.6").conditions().get(0).resolve())
        .isEqualTo(0.66);
    assertThat(AlertRule.parse("cache.hit_rate < 0.6").minSamples()).isEqualTo(20);
  }

  @Test
  void readsEveryOption() {
    String text =
        "Busy: pool.active / pool.max >= 80% and perf.jobs.depth > 1.5e3 for 5m keep 1m over 2m"
            + " min 3 samples by pool nodata alert severity critical action \"Scale: now\"";
    AlertRule rule = AlertRule.parse(text);
    assertThat(rule.toString())
        .isEqualTo(
            "Busy: perf.db.pool.connections.count{state=\"active\"} / perf.db.pool.size.count >="
                + " 0.8 and perf.jobs.depth > 1500 for 5m keep 1m over 2m min 3 samples by pool"
                + " nodata alert severity critical action \"Scale: now\"");
    assertThat(rule.holds()).isEqualTo(Duration.ofMinutes(5));
    assertThat(rule.action()).isEqualTo("Scale: now");
  }

  @Test
  void everyShippedRuleReadsAsItIsWritten() {
    for (AlertRule rule : shipped()) {
      assertThat(AlertRule.parse(rule.toString())).hasToString(rule.toString());
      assertThat(rule.action()).as(rule.name()).isNotEmpty();
    }
    assertThat(shipped()).extracting(AlertRule::name).doesNotHaveDuplicates();
  }

  private static List<AlertRule> shipped() {
    return Stream.of(AlertPack.defaults(), AlertPack.tuning())
        .flatMap(pack -> pack.rules().stream())
        .toList();
  }

  @Test
  void aTagOfTheRuleAddsToThoseOfItsAlias() {
    assertThat(AlertRule.parse("pool.active{pool=\"main\"} > 8").expression())
        .isEqualTo("perf.db.pool.connections{pool=\"main\",state=\"active\"} > 8");
    assertThat(AlertRule.parse("http_request_duration_p95 > 500").expression())
        .isEqualTo("http.server.requests.p95 > 500");
    assertThat(AlertRule.parse("memory.heap_used > 1GB").expression())
        .isEqualTo("jvm.memory.used{area=\"heap\"} > 1073741824");
    assertThat(AlertRule.parse("jobs.time.mean > 2s").expression())
        .isEqualTo("jobs.time.mean > 2000");
  }

  @Test
  void everyAliasCanBeRead() {
    Aliases.all()
        .keySet()
        .forEach(alias -> assertThat(AlertRule.parse(alias + " > 1").terms()).isNotEmpty());
  }

  @Test
  void pointsAtWhatIsWrong() {
    assertRefused("http.response_time.p95 > fast", 26, "a number");
    assertRefused("cache.hit_rate ~ 1", 16, "a name, number, text or sign");
    assertRefused("cache.hit_rate", 15, "one of > >= < <= == !=");
    assertRefused("cache.hit_rate < 1 for 5", 24, "a duration such as 5m");
    assertRefused("cache.hit_rate < 1 for 5m for 6m", 27, "each option once");
    assertRefused(
        "cache.hit_rate < 1 until 5m",
        20,
        "and, for, keep, over, resolve, min, by, nodata, severity or action");
    assertRefused("cache.hit_rate.p95 < 1", 1, "'cache.hit_rate' alone, since it is a ratio");
    assertRefused("cache.hit_rate / pool.max < 1", 1, "a name that is no ratio itself");
    assertRefused("a > 1 severity high", 16, "info, warning, critical");
    assertRefused("burn(pool.max, 99.9%, 1h, 5m) > 1", 16, "a ratio before the objective");
    assertRefused("a > 1 action \"never ends", 14, "a name, number, text or sign");
    assertThatThrownBy(() -> AlertRule.parse("a > 100 resolve 110"))
        .hasMessage("resolve: 110 (expected: on the good side of > 100)");
    assertThatThrownBy(() -> AlertRule.parse("a > 1 over 10ms"))
        .hasMessage("over: PT0.01S (expected: 1s to 30d)");
  }

  private static void assertRefused(String text, int column, String expected) {
    assertThatThrownBy(() -> AlertRule.parse(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "rule: column %d (expected: %s)\n  %s\n  %s^",
            column, expected, text, " ".repeat(column - 1));
  }

  @Test
  void anyTextIsReadOrRefused() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    List<String> parts =
        List.of(
            "a",
            "b.p95",
            "burn",
            "(",
            ")",
            "{",
            "}",
            "/",
            ",",
            ":",
            ">",
            "<",
            "=",
            "==",
            "1",
            "-2.5",
            "5m",
            "99%",
            "\"x\"",
            "for",
            "keep",
            "over",
            "min",
            "samples",
            "by",
            "and",
            "resolve",
            "severity",
            "critical",
            "action",
            "\"",
            "é",
            "1e999",
            "cache.hit_rate",
            "pool.max");
    for (int i = 0; i < 20_000; i++) {
      StringBuilder text = new StringBuilder();
      for (int length = random.nextInt(12); length >= 0; length--) {
        text.append(parts.get(random.nextInt(parts.size())))
            .append(random.nextBoolean() ? " " : "");
      }
      try {
        AlertRule rule = AlertRule.parse(text.toString());
        assertThat(AlertRule.parse(rule.toString())).hasToString(rule.toString());
      } catch (IllegalArgumentException e) {
        assertThat(e)
            .as("seed %d: %s", seed, text)
            .isExactlyInstanceOf(IllegalArgumentException.class);
      }
    }
  }
}
