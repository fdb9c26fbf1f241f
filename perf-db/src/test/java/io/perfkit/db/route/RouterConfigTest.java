package io.perfkit.db.route;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class RouterConfigTest {
  @Test
  void theDefaultsAreValid() {
    assertThat(RouterConfig.defaults()).isEqualTo(RouterConfig.builder().build());
  }

  @Test
  void refusesWhatIsOutOfRange() {
    Map<RouterConfig.Builder, String> refused =
        Map.of(
            RouterConfig.builder().pollEvery(Duration.ofMillis(9)),
            "pollEvery: PT0.009S (expected: 10 ms to 10 s)",
            RouterConfig.builder().maxSilence(Duration.ofMillis(199)),
            "maxSilence: PT0.199S (expected: twice pollEvery, PT0.1S, to 1 h)",
            RouterConfig.builder().maxLag(Duration.ofMillis(199)),
            "maxLag: PT0.199S (expected: twice pollEvery, PT0.1S, to 1 h)",
            RouterConfig.builder().maxFallbackReads(-1),
            "maxFallbackReads: -1 (expected: >= 0)");
    refused.forEach(
        (builder, message) ->
            assertThatThrownBy(builder::build)
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage(message));
  }
}
