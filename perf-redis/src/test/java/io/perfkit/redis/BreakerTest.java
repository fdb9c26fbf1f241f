package io.perfkit.redis;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class BreakerTest {
  private static final Duration PROBE_EVERY = Duration.ofMillis(500);
  private static final Duration BUDGET = Duration.ofMillis(200);

  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final List<String> told = new ArrayList<>();
  private final Breaker breaker = new Breaker(PROBE_EVERY, BUDGET, clock.nanos(), new Told());

  private final class Told implements Breaker.Transitions {
    @Override
    public void down(@Nullable Throwable cause) {
      told.add("down: " + requireNonNull(cause).getMessage());
    }

    @Override
    public void up() {
      told.add("up");
    }
  }

  @Test
  void probesByElapsedTimeAlone() {
    breaker.silent(BUDGET.toNanos(), new IllegalStateException("silence"));
    assertThat(breaker.up()).isFalse();
    clock.advance(PROBE_EVERY.minusNanos(1));
    assertThat(breaker.mayProbe()).as("the wall clock counts for nothing").isFalse();

    clock.advance(Duration.ofNanos(2));
    assertThat(breaker.mayProbe()).isTrue();
    breaker.answered(1);
    assertThat(breaker.up()).isTrue();
  }

  @Test
  void tellsOfAnOutageAndOfItsEndOnce() { // G5
    breaker.answered(1);
    for (int i = 0; i < 8; i++) {
      breaker.failed(1, new IllegalStateException("refused " + i));
    }
    assertThat(breaker.up()).isFalse();
    assertThat(told).containsExactly("down: refused 3");

    clock.advance(PROBE_EVERY.plusNanos(1));
    assertThat(breaker.mayProbe()).isTrue();
    breaker.failed(1, new IllegalStateException("still"));
    clock.advance(PROBE_EVERY.plusNanos(1));
    assertThat(breaker.mayProbe()).isTrue();
    breaker.answered(1);
    breaker.answered(1);
    assertThat(told).containsExactly("down: refused 3", "up");

    breaker.silent(BUDGET.toNanos(), new IllegalStateException("silence"));
    breaker.silent(BUDGET.toNanos(), new IllegalStateException("silence"));
    assertThat(told).containsExactly("down: refused 3", "up", "down: silence");
  }

  @Test
  void silenceForTheRestOfABudgetIsOneFailure() {
    breaker.answered(1);
    for (int i = 0; i < 3; i++) {
      breaker.silent(BUDGET.toNanos() / 2, new IllegalStateException("rest " + i));
      assertThat(breaker.up()).as("after %s of them", i + 1).isTrue();
    }
    breaker.silent(BUDGET.toNanos(), new IllegalStateException("a whole one"));
    assertThat(breaker.up()).isFalse();
    assertThat(told).containsExactly("down: a whole one");
  }
}
