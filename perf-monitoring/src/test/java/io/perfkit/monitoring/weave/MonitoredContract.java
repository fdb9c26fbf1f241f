package io.perfkit.monitoring.weave;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MockClock;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.simple.SimpleConfig;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.perfkit.weave.Aspect;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;

/** Timings and outcomes of annotated methods, the same in every form of the advice. */
abstract class MonitoredContract {
  private final MockClock clock = new MockClock();
  private final SimpleMeterRegistry registry =
      new SimpleMeterRegistry(SimpleConfig.DEFAULT, (Clock) clock);
  private final MonitoredAspect aspect =
      MonitoredAspect.builder(registry).outcome(Missing.class, Outcome.CLIENT_ERROR).build();
  private final Orders orders;
  private final Orders state;

  MonitoredContract(Form form) {
    Form.Formed<Orders> formed = form.of(new Orders(), new Aspect[] {aspect});
    orders = formed.advised();
    state = formed.state();
    state.clock = clock;
  }

  static final class Missing extends RuntimeException {}

  static class Orders {
    MockClock clock = new MockClock();
    CompletableFuture<String> pending = new CompletableFuture<>();

    @Monitored(
        name = "orders.place",
        slow = "50ms",
        tags = {"tier", "gold"})
    long place(int count, double price, long millis) {
      clock.add(Duration.ofMillis(millis));
      return count + (long) price;
    }

    @Monitored
    void fail(Exception failure) throws Exception {
      throw failure;
    }

    @Monitored(slow = "200000d")
    void nothing() {}

    @Monitored(slow = "1s")
    CompletionStage<String> later(String unused) {
      return pending;
    }

    @Monitored
    CompletionStage<String> stageOfNull() {
      return null;
    }

    @Monitored
    CompletableFuture<String> throwsFirst() {
      throw new IllegalStateException("no stage");
    }
  }

  private Timer timer(String method, Outcome outcome) {
    return registry.get("perf.monitoring.calls").tags(tags(method, outcome)).timer();
  }

  private static String[] tags(String method, Outcome outcome) {
    return new String[] {
      "class", Orders.class.getName(), "method", method, "outcome", outcome.tag()
    };
  }

  @Test
  void timesACallUnderItsNameAndTagsAndPassesArgumentsAndResultOn() {
    assertThat(orders.place(2, 3.5, 20)).isEqualTo(5);
    Timer timer =
        registry
            .get("orders.place")
            .tags(tags("place", Outcome.SUCCESS))
            .tag("tier", "gold")
            .timer();
    assertThat(timer.count()).isEqualTo(1);
    assertThat(timer.totalTime(TimeUnit.MILLISECONDS)).isEqualTo(20);
  }

  @Test
  void everyOutcomeIsThereFromTheStart() {
    for (Outcome outcome : Outcome.values()) {
      assertThat(timer("nothing", outcome).count()).isZero();
    }
    orders.nothing();
    assertThat(timer("nothing", Outcome.SUCCESS).count()).isEqualTo(1);
  }

  @Test
  void countsWhatIsThrownByItsOutcomeAndPassesItOnUnchanged() {
    assertOutcome(new IOException("disk"), Outcome.ERROR);
    assertOutcome(new NumberFormatException("x"), Outcome.CLIENT_ERROR);
    assertOutcome(new Missing(), Outcome.CLIENT_ERROR);
    assertOutcome(new TimeoutException(), Outcome.TIMEOUT);
    assertOutcome(new CancellationException(), Outcome.CANCELLED);
    assertOutcome(new InterruptedException(), Outcome.CANCELLED);
    assertOutcome(new RejectedExecutionException(), Outcome.REJECTED);
    assertOutcome(new CompletionException(new TimeoutException()), Outcome.TIMEOUT);
  }

  private void assertOutcome(Exception failure, Outcome outcome) {
    long before = timer("fail", outcome).count();
    assertThatThrownBy(() -> orders.fail(failure)).isSameAs(failure);
    assertThat(timer("fail", outcome).count()).as("%s", failure).isEqualTo(before + 1);
  }

  @Test
  void timesAStageUntilItCompletes() {
    CompletionStage<String> stage = orders.later("x");
    clock.add(Duration.ofSeconds(2));
    assertThat(timer("later", Outcome.SUCCESS).count()).isZero();
    state.pending.complete("done");
    assertThat(stage).isSameAs(state.pending);
    assertThat(timer("later", Outcome.SUCCESS).totalTime(TimeUnit.SECONDS)).isEqualTo(2);
    assertThat(aspect.slowCalls())
        .singleElement()
        .extracting(SlowCall::method)
        .isEqualTo("Orders.later");
  }

  @Test
  void aStageThatFailsOrIsCancelledHasThatOutcome() {
    orders.later("x").thenApply(String::length);
    state.pending.completeExceptionally(new TimeoutException());
    assertThat(timer("later", Outcome.TIMEOUT).count()).isEqualTo(1);
    state.pending = new CompletableFuture<>();
    orders.later("x").toCompletableFuture().cancel(false);
    assertThat(timer("later", Outcome.CANCELLED).count()).isEqualTo(1);
  }

  @Test
  void aStageMethodThatThrowsOrReturnsNullIsCountedAtOnce() {
    assertThat(orders.stageOfNull()).isNull();
    assertThat(timer("stageOfNull", Outcome.SUCCESS).count()).isEqualTo(1);
    assertThatThrownBy(orders::throwsFirst).hasMessage("no stage");
    assertThat(timer("throwsFirst", Outcome.ERROR).count()).isEqualTo(1);
  }

  @Test
  void keepsSlowCallsTheSlowestFirstWithoutArguments() {
    orders.place(1, 1, 49);
    orders.place(1, 1, 50);
    orders.place(1, 1, 90);
    assertThat(aspect.slowCalls())
        .extracting(SlowCall::took)
        .containsExactly(Duration.ofMillis(90), Duration.ofMillis(50));
    assertThat(aspect.slowCalls().get(0))
        .isEqualTo(
            new SlowCall(
                "Orders.place",
                Duration.ofMillis(90),
                Outcome.SUCCESS,
                aspect.slowCalls().get(0).ended(),
                Thread.currentThread().getName(),
                ""));
  }

  @Test
  void anyMethodIsSwitchedOffAndOnAgain() {
    aspect.sample("Orders.nothing", Sampling.off());
    orders.nothing();
    orders.place(1, 1, 1);
    assertThat(timer("nothing", Outcome.SUCCESS).count()).isZero();
    assertThat(registry.get("orders.place").tag("outcome", "success").timer().count()).isOne();
    aspect.sample(Sampling.all());
    orders.nothing();
    assertThat(timer("nothing", Outcome.SUCCESS).count()).isEqualTo(1);
  }

  @Test
  void sampledCallsAreTimedNowAndThenAndCountedAlways() {
    aspect.sample(Sampling.oneIn(4));
    int calls = 4_000;
    for (int i = 0; i < calls; i++) {
      orders.nothing();
      assertThatThrownBy(() -> orders.fail(new TimeoutException()))
          .isInstanceOf(TimeoutException.class);
    }
    long timed = timer("nothing", Outcome.SUCCESS).count();
    assertThat(timed).isBetween(calls / 8L, calls / 2L); // 13 standard deviations each way
    assertThat(timed + untimed("nothing", Outcome.SUCCESS)).isEqualTo(calls);
    assertThat(timer("fail", Outcome.TIMEOUT).count() + untimed("fail", Outcome.TIMEOUT))
        .isEqualTo(calls);
  }

  private double untimed(String method, Outcome outcome) {
    Counter counter =
        registry.get("perf.monitoring.calls.untimed").tags(tags(method, outcome)).counter();
    return counter.count();
  }
}
