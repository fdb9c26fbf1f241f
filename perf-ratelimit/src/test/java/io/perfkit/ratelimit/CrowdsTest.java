package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.ratelimit.Crowds.Outcome;
import io.perfkit.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CrowdsTest {
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final int FOLLOWERS = 20;

  private final Rule rule = new Rule(Policy.tokenBucket("p", 10, Duration.ofSeconds(1)), 0);
  private final ExecutorService threads = Executors.newCachedThreadPool();
  private final List<Integer> sent = new CopyOnWriteArrayList<>();
  private final CountDownLatch firstMayEnd = new CountDownLatch(1);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  private Ask ask(String key) {
    return new Ask(new Rule[] {rule}, new String[] {key}, 1);
  }

  private Outcome outcome(Ask ask, int admitted) {
    long[] numbers = new long[Standing.WIDTH];
    numbers[Standing.CODE] = admitted > 0 ? Standing.ADMITS : Standing.SPENT;
    numbers[Standing.WAIT] = admitted > 0 ? 0 : 1_000;
    return new Outcome(admitted, Standing.of(ask, numbers));
  }

  /** Holds up the first command until the test lets it end. */
  private void hold(int times) {
    sent.add(times);
    if (sent.size() == 1) {
      try {
        assertThat(firstMayEnd.await(10, TimeUnit.SECONDS)).isTrue();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  /** One who leads, and others who come while his command is under way. */
  private List<Future<Standing>> crowd(Crowds crowds) {
    List<Future<Standing>> all = new ArrayList<>();
    all.add(threads.submit(() -> crowds.decide(ask("k"))));
    Await.until("the first is under way", DEADLINE, () -> sent.size() == 1);
    for (int i = 0; i < FOLLOWERS; i++) {
      all.add(threads.submit(() -> crowds.decide(ask("k"))));
    }
    return all;
  }

  @Test
  void equalRequestsThatMeetBecomeOneCommand() throws Exception {
    AtomicInteger left = new AtomicInteger(8);
    Crowds crowds =
        new Crowds(
            (ask, times) -> {
              hold(times);
              int admitted = Math.min(times, left.get());
              left.addAndGet(-admitted);
              return outcome(ask, admitted);
            },
            DEADLINE);
    List<Future<Standing>> all = crowd(crowds);
    Await.until("all others wait", DEADLINE, () -> crowds.waiting() == FOLLOWERS);
    assertThat(crowds.decide(ask("other"))).as("who differs does not wait").isNotNull();
    firstMayEnd.countDown();

    List<Standing> standings = new ArrayList<>();
    for (Future<Standing> each : all) {
      standings.add(each.get(10, TimeUnit.SECONDS));
    }
    assertThat(standings).doesNotContainNull().doesNotHaveDuplicates();
    assertThat(standings.stream().filter(standing -> standing.worst() < 0)).hasSize(7);
    assertThat(sent).containsExactly(1, 1, FOLLOWERS, FOLLOWERS - 6);
    assertThat(crowds.waiting()).isZero();
  }

  @Test
  void nobodyWaitsLongerThanTheBudgetNorIsAskedForWhenHeHasGone() throws Exception { // C2, C3
    Crowds crowds =
        new Crowds(
            (ask, times) -> {
              hold(times);
              return outcome(ask, times);
            },
            Duration.ofMillis(50));
    List<Future<Standing>> all = crowd(crowds);
    for (Future<Standing> follower : all.subList(1, all.size())) {
      assertThat(follower.get(10, TimeUnit.SECONDS)).isNull();
    }
    firstMayEnd.countDown();

    assertThat(all.get(0).get(10, TimeUnit.SECONDS)).isNotNull();
    assertThat(sent).containsExactly(1);
    assertThat(crowds.decide(ask("k"))).isNotNull();
  }

  @Test
  void whoFollowsALeaderThatBreaksIsToldAndTheNextLeads() throws Exception { // C1
    Crowds crowds =
        new Crowds(
            (ask, times) -> {
              hold(times);
              if (sent.size() == 1) {
                throw new IllegalStateException("closed");
              }
              return outcome(ask, times);
            },
            DEADLINE);
    List<Future<Standing>> all = crowd(crowds);
    Await.until("all others wait", DEADLINE, () -> crowds.waiting() == FOLLOWERS);
    firstMayEnd.countDown();

    for (Future<Standing> follower : all.subList(1, all.size())) {
      assertThat(Objects.requireNonNull(follower.get(10, TimeUnit.SECONDS)).worst()).isNegative();
    }
    assertThat(sent).containsExactly(1, FOLLOWERS);
  }
}
