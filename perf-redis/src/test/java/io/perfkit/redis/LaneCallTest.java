package io.perfkit.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.redis.LaneCall.Ended;
import io.perfkit.redis.LaneCall.Ended.Reason;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import redis.clients.jedis.CommandObjects;
import redis.clients.jedis.RedisProtocol;

final class LaneCallTest {
  private final AtomicLong now = new AtomicLong(1_000);
  private final LaneCall call =
      new LaneCall(List.of(new CommandObjects(RedisProtocol.RESP2).ping()), 20, 2_000);

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
    now.set(2_000);
    assertThat(call.await(now::get)).isTrue();
    assertThat(call.ended()).isEqualTo(new Ended(Reason.TIMED_OUT, false, null));
    assertThat(call.promote()).isFalse();
  }

  @Test
  void isLostForItsCallerIfTheDeadlinePassesAfterItWasSent() {
    assertThat(call.take(1_000)).isTrue();
    now.set(2_001);
    assertThat(call.await(now::get)).isTrue();
    assertThat(call.ended()).isEqualTo(new Ended(Reason.TIMED_OUT, true, null));
    call.endAnswered();
    assertThat(call.ended().reason()).isEqualTo(Reason.TIMED_OUT);
  }

  @Test
  void anInterruptEndsTheWaitAndStays() {
    Thread.currentThread().interrupt();
    assertThat(call.await(now::get)).isTrue();
    assertThat(Thread.interrupted()).isTrue();
    assertThat(call.ended()).isEqualTo(new Ended(Reason.INTERRUPTED, false, null));
  }

  @Test
  void aPromotedCallLeadsAndIsSent() {
    assertThat(call.promote()).isTrue();
    assertThat(call.await(now::get)).isFalse();
    assertThat(call.take(1_000)).isTrue();
  }
}
