package io.perfkit.monitoring.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

final class OncePerMinuteTest {
  @Test
  void isDueAtOnceAndAgainAfterAMinute() {
    AtomicLong nanos = new AtomicLong();
    OncePerMinute log = new OncePerMinute(nanos::get);
    assertThat(log.isDue()).isTrue();
    nanos.set(Duration.ofMinutes(1).toNanos() - 1);
    assertThat(log.isDue()).isFalse();
    nanos.incrementAndGet();
    assertThat(log.isDue()).isTrue();
    assertThat(log.isDue()).isFalse();
  }
}
