package io.perfkit.testing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class AwaitTest {
  @Test
  void returnsAtOnceWhenTheConditionHolds() {
    AtomicInteger asked = new AtomicInteger();

    Await.until("it holds", Duration.ZERO, () -> asked.incrementAndGet() == 1);

    assertThat(asked).hasValue(1);
  }

  @Test
  void asksAgainUntilTheConditionHolds() {
    AtomicInteger asked = new AtomicInteger();

    Await.until("asked five times", Duration.ofSeconds(5), () -> asked.incrementAndGet() == 5);

    assertThat(asked).hasValue(5);
  }

  @Test
  void namesWhatDidNotHappenAndTheDeadline() {
    assertThatThrownBy(() -> Await.until("pigs fly", Duration.ofMillis(20), () -> false))
        .isInstanceOf(AssertionError.class)
        .hasMessage("not within PT0.02S: pigs fly");
  }

  @Test
  void endsOnInterruptAndKeepsTheFlag() {
    Thread.currentThread().interrupt();

    assertThatThrownBy(() -> Await.until("pigs fly", Duration.ofMinutes(1), () -> false))
        .isInstanceOf(AssertionError.class)
        .hasMessage("interrupted while waiting until pigs fly");
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void letsWhatTheConditionThrowsPass() {
    assertThatThrownBy(
            () ->
                Await.until(
                    "never",
                    Duration.ofMinutes(1),
                    () -> {
                      throw new IllegalStateException("broken");
                    }))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("broken");
  }
}
