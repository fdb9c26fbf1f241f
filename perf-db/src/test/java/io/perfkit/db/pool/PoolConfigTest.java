package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

final class PoolConfigTest {
  @Test
  void sizesFollowTheCoresOfTheDatabase() {
    PoolConfig config = PoolConfig.of(8);

    assertThat(config.size()).isEqualTo(32);
    assertThat(config.minIdle()).isEqualTo(16);
    assertThat(config.maxSize()).isEqualTo(128);
    assertThat(config.maxLifetime()).isEqualTo(Duration.ofHours(1));
  }

  @Test
  void eachRuleNamesTheSettingItsValueAndWhatIsExpected() {
    refuses(PoolConfig.builder(2).size(0), "size: 0 (expected: 1 to maxSize 32)");
    refuses(PoolConfig.builder(2).size(33), "size: 33 (expected: 1 to maxSize 32)");
    refuses(PoolConfig.builder(2).minIdle(9), "minIdle: 9 (expected: 0 to size 8)");
    refuses(PoolConfig.builder(2).maxSize(0), "maxSize: 0 (expected: 1 to 10000)");
    refuses(PoolConfig.builder(2).instances(0), "instances: 0 (expected: 1 to 10000)");
    refuses(PoolConfig.builder(2).reserved(-1), "reserved: -1 (expected: 0 to 1000000)");
    refuses(PoolConfig.builder(2).callers(0), "callers: 0 (expected: 1 to 1000000)");
    refuses(PoolConfig.builder(2).nesting(0), "nesting: 0 (expected: 1 to 100)");
    refuses(
        PoolConfig.builder(2).name("a b"),
        "name: 'a b' (expected: 1 to 40 letters, digits and . _ -)");
    refuses(
        PoolConfig.builder(2).maxLifetime(Duration.ofSeconds(29)),
        "maxLifetime: PT29S (expected: PT30S to PT8760H)");
    refuses(
        PoolConfig.builder(2).acquireTimeout(Duration.ofMillis(249)),
        "acquireTimeout: PT0.249S (expected: PT0.25S to PT1H)");
    refuses(
        PoolConfig.builder(2).outageAfter(Duration.ofNanos(-1)),
        "outageAfter: PT-0.000000001S (expected: PT0S to PT1H)");
    refuses(
        PoolConfig.builder(2).warmUp(Duration.ofNanos(-1)),
        "warmUp: PT-0.000000001S (expected: PT0S to PT1H)");
    refuses(
        PoolConfig.builder(2).idleTimeout(Duration.ofSeconds(9)),
        "idleTimeout: PT9S (expected: zero, or PT10S to PT24H)");
    refuses(
        PoolConfig.builder(2).keepalive(Duration.ofSeconds(29)),
        "keepalive: PT29S (expected: zero, or PT30S to PT24H)");
    refuses(
        PoolConfig.builder(2).statementTimeout(Duration.ofNanos(1)),
        "statementTimeout: PT0.000000001S (expected: zero, or PT0.001S to PT24H)");
    assertThatThrownBy(() -> PoolConfig.builder(0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("cores: 0 (expected: 1 to 625)");
  }

  @Test
  void whatIsAtABoundIsTaken() {
    PoolConfig config =
        PoolConfig.builder(625).size(10_000).minIdle(10_000).drain(Duration.ZERO).build();

    assertThat(config.minIdle()).isEqualTo(10_000);
  }

  @Test
  void aUtilisationRuleIsCheckedToo() {
    Duration window = Duration.ofSeconds(1);
    assertThatThrownBy(() -> new UtilisationRule(0, 0, window, 1, 1))
        .hasMessage("raiseAt: 0.0 (expected: above 0, to 1)");
    assertThatThrownBy(() -> new UtilisationRule(0.8, 0.8, window, 1, 1))
        .hasMessage("clearAt: 0.8 (expected: 0 to below raiseAt 0.8)");
    assertThatThrownBy(() -> new UtilisationRule(0.8, 0.7, Duration.ofMillis(99), 1, 1))
        .hasMessage("window: PT0.099S (expected: at least 100 ms)");
    assertThatThrownBy(() -> new UtilisationRule(0.8, 0.7, window, 3, 2))
        .hasMessage("hits: 3 (expected: 1 to windows 2)");
    assertThatThrownBy(() -> new UtilisationRule(0.8, 0.7, window, 1, 65))
        .hasMessage("windows: 65 (expected: 1 to 64)");
  }

  @Test
  void aTunerConfigIsCheckedToo() {
    assertThatThrownBy(() -> TunerConfig.builder().window(Duration.ofMillis(99)).build())
        .hasMessage("window: PT0.099S (expected: PT0.1S to PT24H)");
    assertThatThrownBy(() -> TunerConfig.builder().maxWindow(Duration.ofSeconds(1)).build())
        .hasMessage("maxWindow: PT1S (expected: PT2S to PT24H)");
    assertThatThrownBy(() -> TunerConfig.builder().minCompletions(0).build())
        .hasMessage("minCompletions: 0 (expected: >= 1)");
    assertThatThrownBy(() -> TunerConfig.builder().step(0).build())
        .hasMessage("step: 0.0 (expected: above 0, to 1)");
    assertThatThrownBy(() -> TunerConfig.builder().knee(1).build())
        .hasMessage("knee: 1.0 (expected: 0 to below 1)");
  }

  private static void refuses(PoolConfig.Builder builder, String message) {
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }
}
