package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;

final class SharedConfigTest {
  @Test
  void refusesWhatBreaksARule() {
    refuses(b -> b.maxMembers(0), "maxMembers: 0 (expected: >= 1)");
    refuses(b -> b.maxMemberBytes(0), "maxMemberBytes: 0 (expected: 1 to 536870912)");
    refuses(
        b -> b.maxMemberBytes((512 << 20) + 1),
        "maxMemberBytes: 536870913 (expected: 1 to 536870912)");
    refuses(b -> b.maxCopyMembers(-1), "maxCopyMembers: -1 (expected: >= 1)");
    refuses(b -> b.maxCopies(0), "maxCopies: 0 (expected: >= 1)");
    refuses(b -> b.ttl(Duration.ofNanos(1)), "ttl: PT0.000000001S (expected: 1 ms to 365 days)");
    refuses(b -> b.ttl(Duration.ofDays(-1)), "ttl: PT-24H (expected: 1 ms to 365 days)");
    refuses(b -> b.localTtl(Duration.ZERO), "localTtl: PT0S (expected: 1 ms to 365 days)");
    refuses(
        b -> b.maxStaleness(Duration.ofMillis(99)),
        "maxStaleness: PT0.099S (expected: 100 ms to 365 days)");
    refuses(
        b -> b.onRedisDown(OnRedisDown.LOAD),
        "onRedisDown: LOAD (expected: FAIL or SERVE_LOCAL; a structure has no loader)");
  }

  private static void refuses(UnaryOperator<SharedConfig.Builder> setting, String message) {
    assertThatThrownBy(() -> setting.apply(SharedConfig.builder()).build())
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(message);
  }

  @Test
  void takesTheBounds() {
    SharedConfig least =
        SharedConfig.builder()
            .maxMembers(1)
            .maxMemberBytes(1)
            .maxCopyMembers(1)
            .maxCopies(1)
            .ttl(Duration.ofMillis(1))
            .localTtl(Duration.ofMillis(1))
            .maxStaleness(Duration.ofMillis(100))
            .onRedisDown(OnRedisDown.SERVE_LOCAL)
            .build();
    assertThat(least.copies(1).l1Ttl()).isEqualTo(Duration.ofMillis(1));
    assertThat(SharedConfig.defaults().ttl()).as("for ever").isZero();
  }
}
