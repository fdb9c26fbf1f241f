package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.Await;
import io.perfkit.testing.FakeClock;
import io.perfkit.testing.ThreadLeaks;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class TickingClockTest {
  private static final Duration TICK = Duration.ofMillis(1);
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final FakeClock exact = FakeClock.startingAt(Instant.EPOCH);

  @Test
  void followsTheExactClockAndLeavesNoThread() {
    ThreadLeaks.assertNone(
        "perf-",
        () -> {
          try (TickingClock clock = new TickingClock(exact.nanos(), TICK)) {
            exact.advance(Duration.ofSeconds(1));
            long now = exact.nanos().getAsLong();
            Await.until("tick", DEADLINE, () -> clock.getAsLong() == now);
          }
        });
  }

  @Test
  void isExactOnceItIsClosed() {
    TickingClock clock = new TickingClock(exact.nanos(), TICK);
    clock.close();
    exact.advance(Duration.ofSeconds(1));
    assertThat(clock.getAsLong()).isEqualTo(exact.nanos().getAsLong());
  }
}
