package io.perfkit.cache;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.FakeClock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

final class ServerClockTest {
  private static final Duration BUDGET = Duration.ofMillis(500);

  private final FakeClock clock = FakeClock.startingAt(Instant.EPOCH);

  @Test
  void aDeadlineIsOneBudgetFromNowByTheServersClock() {
    ServerClock server = new ServerClock(1, BUDGET, clock.nanos());
    assertThat(server.knows(0)).isFalse();
    assertThat(server.deadline(0)).as("unknown").isZero();

    long sent = server.now();
    server.told(0, sent, 1_000_000);
    clock.advance(Duration.ofMillis(30));

    assertThat(server.knows(0)).isTrue();
    assertThat(server.deadline(0)).isEqualTo(1_000_000 + 30 + 500);
    assertThat(server.over()).isEqualTo(server.now() + 1_500);
  }

  @Test
  void theLatestReplyCountsAlsoAfterAJump() {
    ServerClock server = new ServerClock(1, BUDGET, clock.nanos());
    server.told(0, server.now(), 1_000_000);
    server.told(0, server.now(), 5_000);
    assertThat(server.deadline(0)).isEqualTo(5_500);
  }

  @Test
  void partitionsShareTheClockOfOneServerAndHaveTheirOwnOnACluster() {
    ServerClock one = new ServerClock(1, BUDGET, clock.nanos());
    one.told(7, one.now(), 1_000);
    assertThat(one.deadline(40)).isEqualTo(1_500);

    ServerClock cluster = new ServerClock(64, BUDGET, clock.nanos());
    cluster.told(7, cluster.now(), 1_000);
    assertThat(cluster.deadline(7)).isEqualTo(1_500);
    assertThat(cluster.knows(40)).isFalse();
  }
}
