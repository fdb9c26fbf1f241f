package io.perfkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.Waiter.Ended;
import io.perfkit.redis.Waiter.Ended.Reason;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

final class WaiterTest {
  private final Waiter call = new Waiter(2_000) {};

  @Test
  void isInABatchOrEndsUnsentAndNeverBoth() { // W1
    assertThat(call.take(1_999)).isTrue();
    assertThat(call.take(1_999)).isFalse();
    assertThat(call.promote()).isFalse();
    call.endUnsent(Reason.CLOSED, null);
    assertThatThrownBy(call::ended).isInstanceOf(IllegalStateException.class);

    call.endAnswered();
    call.endLost(Reason.DISCONNECTED, new IllegalStateException());
    assertThat(call.ended()).isEqualTo(new Ended(Reason.ANSWERED, true, null));
  }

  @Test
  void isNotSentAfterItsDeadline() {
    assertThat(call.take(2_000)).isFalse();
    assertThat(call.endIfOverdue(1_999)).isEqualTo(1);
    assertThat(call.endIfOverdue(2_000)).isEqualTo(Long.MAX_VALUE);
    assertThat(call.await()).isTrue();
    assertThat(call.ended()).isEqualTo(new Ended(Reason.TIMED_OUT, false, null));
    assertThat(call.promote()).isFalse();
  }

  @Test
  void isLostForItsCallerIfTheDeadlinePassesAfterItWasSent() {
    assertThat(call.take(1_000)).isTrue();
    assertThat(call.endIfOverdue(2_001)).isEqualTo(Long.MAX_VALUE);
    assertThat(call.await()).isTrue();
    assertThat(call.ended()).isEqualTo(new Ended(Reason.TIMED_OUT, true, null));
    call.endAnswered();
    assertThat(call.ended().reason()).isEqualTo(Reason.TIMED_OUT);
  }

  @Test
  void anInterruptEndsTheWaitAndStays() {
    Thread.currentThread().interrupt();
    assertThat(call.await()).isTrue();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(call.ended()).isEqualTo(new Ended(Reason.INTERRUPTED, false, null));
  }

  @Test
  void aPromotedCallLeadsAndIsSent() {
    assertThat(call.promote()).isTrue();
    assertThat(call.await()).isFalse();
    assertThat(call.take(1_000)).isTrue();
  }

  @Test
  void aCallThatLeadsIsOverdueForItsOwnThreadAlone() { // N1: or nobody would hand over
    assertThat(call.promote()).isTrue();
    assertThat(call.endIfOverdue(2_001)).isEqualTo(Long.MAX_VALUE);
    assertThat(call.await()).isFalse();
  }

  @Test
  void aThreadThatWaitsHearsThatItsCallIsOverdue() throws InterruptedException {
    AtomicReference<Waiter> waiting = new AtomicReference<>();
    Thread thread =
        new Thread(
            () -> {
              waiting.set(new Waiter(2_000) {});
              waiting.get().await();
            });
    thread.start();
    while (thread.getState() != Thread.State.WAITING) {
      Thread.onSpinWait();
    }
    waiting.get().endIfOverdue(2_000);
    thread.join(30_000);
    assertThat(thread.isAlive()).isFalse();
  }
}
