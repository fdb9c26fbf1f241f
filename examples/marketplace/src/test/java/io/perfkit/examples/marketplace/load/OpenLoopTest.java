package io.perfkit.examples.marketplace.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.perfkit.examples.marketplace.load.OpenLoop.Schedule;
import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

final class OpenLoopTest {
  private static final Call CALL = Call.get("/");
  private static final Schedule SCHEDULE =
      new Schedule(1_000, Duration.ofSeconds(10), Duration.ofSeconds(2));

  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);
  private final Timing timing = new FakeTiming(clock);
  private final List<Long> sentAt = new ArrayList<>();

  @Test
  void sendsEveryRequestWhenItIsDue() {
    LoadResult result = run(1, this::answerAtOnce);

    assertThat(sentAt).hasSize(10_000);
    for (int n = 0; n < sentAt.size(); n++) {
      assertThat(sentAt.get(n)).isEqualTo(n * 1_000_000L);
    }
    assertThat(result.succeeded()).isEqualTo(10_000);
    assertThat(result.failed()).isZero();
    assertThat(result.percentileMillis(100)).isZero();
    assertThat(result.reachedPerSecond()).isCloseTo(1_000, within(1.0));
  }

  @Test
  void chargesAStallToEverybodyWhoHadToWait() {
    LoadResult result =
        run(
            1,
            call -> {
              // Request 5,000 stalls for a second, so 1,000 more are due meanwhile.
              Duration took = sentAt.size() == 5_000 ? Duration.ofSeconds(1) : Duration.ZERO;
              clock.advance(took);
              return answerAtOnce(call);
            });

    assertThat(result.succeeded()).isEqualTo(10_000);
    assertThat(result.percentileMillis(89)).isZero();
    assertThat(result.percentileMillis(95)).isCloseTo(500, within(5.0));
    assertThat(result.percentileMillis(99)).isCloseTo(900, within(5.0));
    assertThat(result.percentileMillis(100)).isCloseTo(1_000, within(5.0));
  }

  @Test
  void keepsTheScheduleAfterAStall() {
    var unused =
        run(
            1,
            call -> {
              clock.advance(sentAt.isEmpty() ? Duration.ofMillis(500) : Duration.ZERO);
              return answerAtOnce(call);
            });

    assertThat(sentAt.get(1)).isEqualTo(500_000_000L);
    assertThat(sentAt.get(500)).isEqualTo(500_000_000L);
    assertThat(sentAt.get(501)).isEqualTo(501_000_000L);
  }

  @Test
  void givesUpWhatATargetNeverAnswers() {
    List<CompletableFuture<Integer>> answers = new ArrayList<>();
    LoadResult result =
        run(
            100,
            call -> {
              CompletableFuture<Integer> never = new CompletableFuture<>();
              answers.add(never);
              return never;
            });

    assertThat(answers).hasSize(100).allMatch(CompletableFuture::isCancelled);
    assertThat(result.succeeded()).isZero();
    assertThat(result.failed()).isEqualTo(10_000);
    assertThat(result.latencyMicros().getTotalCount()).isEqualTo(10_000);
    assertThat(result.percentileMillis(100)).isCloseTo(12_000, within(20.0));
    assertThat(result.elapsed()).isEqualTo(Duration.ofSeconds(12));
  }

  @Test
  void countsRefusedAndBrokenRequestsAsFailed() {
    LoadResult result =
        run(
            1,
            call -> {
              sentAt.add(clock.nanos().getAsLong());
              return switch (sentAt.size() % 4) {
                case 0 -> CompletableFuture.completedFuture(500);
                case 1 -> CompletableFuture.failedFuture(new IllegalStateException("broken"));
                case 2 -> CompletableFuture.completedFuture(409);
                default -> CompletableFuture.completedFuture(201);
              };
            });

    assertThat(result.succeeded()).isEqualTo(2_500);
    assertThat(result.refused()).isEqualTo(2_500);
    assertThat(result.broken()).isEqualTo(5_000);
    assertThat(result.failed()).isEqualTo(7_500);
  }

  @Test
  void refusesARateThatSendsNothing() {
    assertThatThrownBy(() -> new Schedule(0, Duration.ofSeconds(1), Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("perSecond: 0.0 (expected: > 0)");
  }

  private CompletableFuture<Integer> answerAtOnce(Call call) {
    assertThat(call).isEqualTo(CALL);
    sentAt.add(clock.nanos().getAsLong());
    return CompletableFuture.completedFuture(200);
  }

  private LoadResult run(int users, Target target) {
    return new OpenLoop(users, timing).run(() -> CALL, target, SCHEDULE, share -> {});
  }
}
