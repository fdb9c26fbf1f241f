package io.perfkit.db.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

final class QueryMonitorConfigTest {
  @Test
  void refusesWhatBreaksARule() {
    assertRefused(builder().maxFingerprints(0), "maxFingerprints: 0 (expected: 1 to 100000)");
    assertRefused(
        builder().slowAfter(Duration.ofNanos(-1)), "slowAfter: PT-0.000000001S (expected: PT0S to");
    assertRefused(
        builder().stillRunningAfter(Duration.ofMillis(9)),
        "stillRunningAfter: PT0.009S (expected: PT0.01S to PT24H)");
    assertRefused(builder().minRepeats(2), "minRepeats: 2 (expected: 3 to 1000, or 0 for not");
    assertRefused(builder().helpers(List.of("")), "helpers: [] (expected: none is blank)");
  }

  @Test
  void takesTheBounds() {
    QueryMonitorConfig config =
        builder()
            .maxFingerprints(1)
            .slowAfter(Duration.ZERO)
            .stillRunningAfter(Duration.ofMillis(10))
            .build();
    assertThat(config.logSlow()).isTrue();
    assertThat(config.logAll()).isFalse();
  }

  private static QueryMonitorConfig.Builder builder() {
    return QueryMonitorConfig.builder();
  }

  private static void assertRefused(QueryMonitorConfig.Builder builder, String message) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }
}
