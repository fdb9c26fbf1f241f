package io.perfkit.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class HealthTest {
  private static final Duration PROBE_EVERY = Duration.ofMillis(500);

  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private static final Health.Transitions IGNORED =
      new Health.Transitions() {
        @Override
        public void down(Throwable cause) {}

        @Override
        public void up() {}
      };

  private final Health health = new Health(PROBE_EVERY, clock.nanos(), IGNORED);

  @Test
  void probesByElapsedTimeAlone() {
    health.silent(1, new IllegalStateException("silence"));
    assertThat(health.up()).isFalse();
    clock.advance(PROBE_EVERY.minusNanos(1));
    assertThat(health.mayProbe()).as("the wall clock counts for nothing").isFalse();

    clock.advance(Duration.ofNanos(2));
    assertThat(health.mayProbe()).isTrue();
    health.answered(1);
    assertThat(health.up()).isTrue();
  }
}
