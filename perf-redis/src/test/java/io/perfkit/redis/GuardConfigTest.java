package io.perfkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class GuardConfigTest {
  private final GuardConfig defaults = GuardConfig.defaults();

  @Test
  void hasTheDocumentedDefaults() {
    assertThat(defaults)
        .isEqualTo(new GuardConfig(Duration.ofMillis(250), Duration.ofMillis(500), 16, 1_024, 2));
  }

  @Test
  void refusesWhatIsNotPositive() {
    assertThatThrownBy(() -> defaults.withBudget(Duration.ofNanos(999_999)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("budget: PT0.000999999S (expected: >= 1 ms)");
    assertThatThrownBy(() -> defaults.withProbeEvery(Duration.ZERO))
        .hasMessage("probeEvery: PT0S (expected: >= 1 ms)");
    assertThatThrownBy(() -> defaults.withMaxCalls(0, 1))
        .hasMessage("maxThreads: 0 (expected: >= 1)");
    assertThatThrownBy(() -> defaults.withMaxCalls(1, 0))
        .hasMessage("maxWaiting: 0 (expected: >= 1)");
    assertThatThrownBy(() -> defaults.withLanes(0)).hasMessage("lanes: 0 (expected: >= 1)");
    assertThatThrownBy(() -> defaults.withBudget(null)).hasMessage("budget");
    assertThat(defaults.withMaxCalls(1, 1).withBudget(Duration.ofMillis(1)).budget())
        .isEqualTo(Duration.ofMillis(1));
  }
}
