package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class DemoSettingsTest {

  @Test
  void bringsItsOwnServersByDefault() {
    DemoSettings settings =
        DemoSettings.fromEnvironment(
            Map.of("MARKETPLACE_PG", "embedded", "MARKETPLACE_REDIS", "embedded"));

    assertThat(settings.database()).isEmpty();
    assertThat(settings.redis()).isEmpty();
    assertThat(settings.serve()).isFalse();
    assertThat(settings.requestsPerSecond()).isEqualTo(1_000);
    assertThat(settings.warmUp()).isEqualTo(Duration.ofSeconds(10));
    assertThat(settings.measured()).isEqualTo(Duration.ofSeconds(20));
  }

  @Test
  void neverShowsASecret() {
    DemoSettings settings =
        DemoSettings.fromEnvironment(
            Map.of(
                "MARKETPLACE_PG", "postgresql://shop:s3cret@db/market",
                "MARKETPLACE_REDIS", "redis://:s3cret@cache:6379/2"));

    assertThat(settings.database()).isPresent();
    assertThat(settings.redis()).isPresent();
    assertThat(settings).asString().doesNotContain("s3cret");
    for (String bad : new String[] {"http://:s3cret@cache", "redis://:s3cret@ca che"}) {
      assertThatThrownBy(() -> DemoSettings.fromEnvironment(Map.of("MARKETPLACE_REDIS", bad)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("Redis URL (expected: redis://[user:password@]host:port)")
          .hasNoCause();
    }
  }

  @Test
  void refusesARunThatMeasuresNothing() {
    refused("MARKETPLACE_RATE", "0", "marketplace.rate: 0 (expected: >= 1)");
    refused("MARKETPLACE_RATE", "fast", "MARKETPLACE_RATE: 'fast' (expected: a number)");
    refused("MARKETPLACE_SECONDS", "0", "marketplace.seconds: 0 (expected: at least 1 second)");
    refused("MARKETPLACE_WARMUP", "-1", "marketplace.warmup: -1 (expected: at least 1 second)");
  }

  private static void refused(String name, String value, String message) {
    assertThatThrownBy(() -> DemoSettings.fromEnvironment(Map.of(name, value)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
