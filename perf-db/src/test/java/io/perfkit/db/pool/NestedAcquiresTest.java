package io.perfkit.db.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CyclicBarrier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class NestedAcquiresTest {
  private final NestedAcquires nested = new NestedAcquires(0);

  @Test
  void theFloorIsOneMoreThanWasHeldAtOnce() {
    for (int caller = 0; caller < 5; caller++) {
      nested.begin(1);
    }
    for (int caller = 0; caller < 5; caller++) {
      nested.end(1);
    }
    assertThat(nested.floor()).isEqualTo(6);

    nested.begin(4); // one thread with five, later
    nested.end(4);

    assertThat(nested.floor()).isEqualTo(6);
    assertThat(nested.maxNesting()).isEqualTo(5);
    assertThat(nested.total()).isEqualTo(6);
  }

  @Test
  void theFloorFallsWhenNobodyNestsAnyMore() {
    nested.begin(3);
    nested.end(3);

    nested.advance(NestedAcquires.PERIOD_NANOS - 1);
    assertThat(nested.floor()).isEqualTo(4);
    nested.advance(NestedAcquires.PERIOD_NANOS);
    assertThat(nested.floor()).isEqualTo(4);
    nested.advance(2 * NestedAcquires.PERIOD_NANOS);
    assertThat(nested.floor()).isEqualTo(1);
    assertThat(nested.maxNesting()).isEqualTo(4);
  }

  @Test
  void aCallerThatStillWaitsIsNotForgotten() {
    nested.begin(2);

    for (int period = 1; period < 5; period++) {
      nested.advance(period * NestedAcquires.PERIOD_NANOS);
      assertThat(nested.floor()).isEqualTo(3);
    }
  }

  @Test
  void noMomentIsMissedWhileThePeriodEnds() throws Exception {
    int callers = 4;
    for (int round = 1; round <= 200; round++) {
      NestedAcquires each = new NestedAcquires(0);
      CyclicBarrier together = new CyclicBarrier(callers + 1);
      List<CompletableFuture<Void>> all =
          IntStream.range(0, callers)
              .mapToObj(caller -> Pools.async("nesting-" + caller, () -> hold(each, together)))
              .toList();
      together.await();
      each.advance(NestedAcquires.PERIOD_NANOS);
      together.await();

      assertThat(each.floor()).isEqualTo(callers + 1);

      together.await();
      for (CompletableFuture<Void> one : all) {
        Pools.get(one);
      }
    }
  }

  private static Void hold(NestedAcquires nested, CyclicBarrier together) throws Exception {
    together.await();
    nested.begin(1);
    together.await();
    together.await();
    nested.end(1);
    return null;
  }
}
