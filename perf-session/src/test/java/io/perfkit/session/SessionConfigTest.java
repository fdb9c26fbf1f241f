package io.perfkit.session;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Codec;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class SessionConfigTest {
  private static void refuses(UnaryOperator<SessionConfig.Builder> change, String message) {
    SessionConfig.Builder builder = change.apply(SessionConfig.builder());
    assertThatThrownBy(builder::build)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void refusesWhatIsOutOfBounds() {
    refuses(b -> b.idle(Duration.ZERO), "idle: PT0S (expected: PT0.001S to PT8H)");
    refuses(b -> b.idle(Duration.ofHours(9)), "idle: PT9H (expected: PT0.001S to PT8H)");
    refuses(b -> b.idle(Duration.ofSeconds(-1)), "idle: PT-1S (expected: PT0.001S to PT8H)");
    refuses(
        b -> b.absolute(Duration.ofDays(3_661)),
        "absolute: PT87864H (expected: PT0.001S to PT87840H)");
    refuses(b -> b.renewal(Duration.ofHours(9)), "renewal: PT9H (expected: PT0S to PT8H)");
    refuses(
        b -> b.rotationGrace(Duration.ofMinutes(6)),
        "rotationGrace: PT6M (expected: PT0S to PT5M)");
    refuses(
        b -> b.touchEvery(Duration.ofMinutes(16)), "touchEvery: PT16M (expected: PT0S to PT15M)");
    refuses(b -> b.maxPerUser(0), "maxPerUser: 0 (expected: 1 to 10000)");
    refuses(b -> b.maxAttributeBytes(0), "maxAttributeBytes: 0 (expected: 1 to 1048576)");
    refuses(b -> b.maxSessionBytes(16_383), "maxSessionBytes: 16383 (expected: 16384 to 16777216)");
    refuses(
        b -> b.keepEnded(Duration.ofMillis(999)), "keepEnded: PT0.999S (expected: PT1S to PT24H)");
    refuses(b -> b.sweepEvery(Duration.ofMinutes(6)), "sweepEvery: PT6M (expected: PT0S to PT5M)");
    refuses(b -> b.partitions(1_025), "partitions: 1025 (expected: 1 to 1024)");
    refuses(b -> b.maxLocalSessions(0), "maxLocalSessions: 0 (expected: 1 to 100000000)");
    refuses(b -> b.maxEvents(-1), "maxEvents: -1 (expected: 0 to 10000000)");
  }

  @Test
  void aBuilderBeginsWithWhatItWasMadeFrom() {
    SessionConfig config =
        new SessionConfig(
            Duration.ofSeconds(1),
            Duration.ofSeconds(2),
            Duration.ofMillis(3),
            Duration.ofMillis(4),
            Duration.ofMillis(5),
            6,
            LimitPolicy.REJECT,
            7,
            8,
            Duration.ofSeconds(9),
            Duration.ofSeconds(8),
            11,
            12,
            13,
            BindingPolicy.ALERT);
    assertThat(config.toBuilder().build()).isEqualTo(config);
    assertThat(SessionConfig.defaults().toBuilder().build()).isEqualTo(SessionConfig.defaults());
  }

  @Test
  void refusesNamesThatCanNotBe() {
    for (String name : new String[] {"", "a b", "a:b", "ä", "x".repeat(129)}) {
      assertThatThrownBy(() -> SessionAttribute.of(name, Codec.string()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("name: '" + name + "' (expected: 1 to 128 of letters, digits and . _ - $)");
    }
    assertThatThrownBy(() -> SessionManager.local("a b"))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
