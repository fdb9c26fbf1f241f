package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class FailureLogTest {
  @Test
  void tellsOnceInEachPause() {
    FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
    FailureLog log = new FailureLog("names", Duration.ofSeconds(1), clock.nanos());
    IllegalStateException failure = new IllegalStateException("database is down");

    assertThat(log.tell(failure)).isTrue();
    clock.advance(Duration.ofMillis(999));
    assertThat(log.tell(failure)).isFalse();
    clock.advance(Duration.ofMillis(1));
    assertThat(log.tell(failure)).isTrue();
    assertThat(log.tell(failure)).isFalse();
  }
}
