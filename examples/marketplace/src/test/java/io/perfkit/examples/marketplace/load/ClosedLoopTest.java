package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class ClosedLoopTest {
  private static final Call CALL = Call.get("/markets/1");
  private static final Duration LENGTH = Duration.ofSeconds(20);
  private static final Duration DRAIN = Duration.ofSeconds(2);

  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final Timing timing = new FakeTiming(clock);

  @Test
  void everyUserAsksOnceInAnAverageThinkTime() {
    LoadResult result = run(100, Duration.ofSeconds(1), call -> answer(200));

    assertThat(result.reachedPerSecond()).isCloseTo(100, within(5.0));
    assertThat(result.failed()).isZero();
    assertThat(result.percentileMillis(100)).isZero();
    assertThat(result.byOperation()).containsOnlyKeys(Operation.MARKET);
  }

  @Test
  void usersWhoNeverThinkReachWhatTheTargetCanDo() {
    LoadResult result =
        run(
            8,
            Duration.ZERO,
            call -> {
              clock.advance(Duration.ofMillis(5)); // one after the other
              return answer(200);
            });

    assertThat(result.reachedPerSecond()).isCloseTo(200, within(2.0));
    assertThat(result.meanMillis()).isCloseTo(5, within(0.1));
  }

  @Test
  void aUserWaitsForTheAnswerBeforeAskingAgain() {
    Deque<CompletableFuture<Integer>> asked = new ArrayDeque<>();
    LoadResult result =
        run(
            10,
            Duration.ZERO,
            call -> {
              asked.add(new CompletableFuture<>());
              return asked.getLast();
            });

    assertThat(asked).hasSize(10).allMatch(CompletableFuture::isCancelled);
    assertThat(result.broken()).isEqualTo(10);
    assertThat(result.percentileMillis(100)).isCloseTo(22_000, within(50.0));
  }

  @Test
  void sendsNothingAfterTheTime() {
    long end = timing.nanos() + LENGTH.toNanos();
    LoadResult result =
        run(
            10,
            Duration.ofMillis(1),
            call -> {
              assertThat(timing.nanos() - end).isNegative();
              return answer(409);
            });

    assertThat(result.refused()).isGreaterThan(1_000);
    assertThat(result.refusedPercent()).isEqualTo(100);
  }

  private static CompletableFuture<Integer> answer(int status) {
    return CompletableFuture.completedFuture(status);
  }

  private LoadResult run(int users, Duration think, Target target) {
    return new ClosedLoop(users, think, timing).run(() -> CALL, target, LENGTH, DRAIN, share -> {});
  }
}
