package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class FakeClockTest {
  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);

  @Test
  void movesWallAndElapsedTimeTogether() {
    clock.advance(Duration.ofMillis(1_500));

    assertThat(clock.instant()).isEqualTo(Instant.ofEpochMilli(1_500));
    assertThat(clock.nanos().getAsLong()).isEqualTo(1_500_000_000L);
  }

  @Test
  void refusesToGoBack() {
    assertThatThrownBy(() -> clock.advance(Duration.ofNanos(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("by: PT-0.000000001S (expected: not negative)");
  }
}
