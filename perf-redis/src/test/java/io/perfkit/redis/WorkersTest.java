package io.perfkit.redis;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.Await;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class WorkersTest {
  private static final Duration DEADLINE = Duration.ofSeconds(30);

  private final Workers workers = new Workers(1, 1, "perf-redis-test-");
  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch freed = new CountDownLatch(1);

  @AfterEach
  void close() {
    workers.close();
  }

  @Test
  void refusesMoreThanRunsAndWaits() throws InterruptedException {
    occupy();
    CountDownLatch waited = new CountDownLatch(1);
    workers.execute(waited::countDown);
    assertThatThrownBy(() -> workers.execute(waited::countDown))
        .isInstanceOf(RejectedExecutionException.class)
        .hasMessage("more than 2 tasks");
    freed.countDown();
    assertThat(waited.await(DEADLINE.toSeconds(), SECONDS)).isTrue();
    Await.until("there is room again", DEADLINE, this::accepts);
  }

  @Test
  void aTaskThatThrowsCostsNoThread() throws InterruptedException {
    for (int i = 0; i < 3; i++) {
      Await.until("taken", DEADLINE, () -> accepts(WorkersTest::fail));
    }
    occupy();
  }

  @Test
  void closingInterruptsWhatRunsAndCancelsWhatWaits() throws InterruptedException {
    occupy();
    FutureTask<String> waits = new FutureTask<>(() -> "ran");
    workers.execute(waits);
    workers.close();
    assertThat(waits.isCancelled()).isTrue();
    assertThat(workers.isClosed()).isTrue();
    assertThat(freed.await(DEADLINE.toSeconds(), SECONDS)).as("interrupted").isTrue();
    assertThatThrownBy(() -> workers.execute(begun::countDown))
        .isInstanceOf(RejectedExecutionException.class);
  }

  @Test
  void threadsStartWhenTheyAreNeededAndEndWhenTheyAreNot() throws InterruptedException { // E2
    Duration idle = Duration.ofMillis(20);
    try (Workers some = new Workers(3, 100, "perf-redis-test-", idle)) {
      assertThat(some.alive()).isZero();
      for (int round = 0; round < 200; round++) { // some come just when the last thread ends
        CountDownLatch done = new CountDownLatch(5);
        for (int i = 0; i < 5; i++) {
          some.execute(done::countDown);
        }
        assertThat(done.await(DEADLINE.toSeconds(), SECONDS)).as("round " + round).isTrue();
        assertThat(some.alive()).isBetween(0, 3);
        if (round % 10 == 0) {
          Await.until("no thread is left", DEADLINE, () -> some.alive() == 0);
        }
      }
    }
  }

  @Test
  void noTaskIsLostWhoeverClosesAtThatMoment() throws Exception { // E3
    for (int round = 0; round < 500; round++) {
      Workers closing = new Workers(2, 100, "perf-redis-test-", Duration.ofMillis(1));
      AtomicInteger accepted = new AtomicInteger();
      AtomicInteger ran = new AtomicInteger();
      Thread caller =
          new Thread(
              () -> {
                try {
                  while (true) {
                    closing.execute(ran::incrementAndGet);
                    accepted.incrementAndGet();
                  }
                } catch (RejectedExecutionException closed) {
                  return;
                }
              });
      caller.start();
      Thread.onSpinWait();
      closing.close();
      caller.join();
      Await.until("all ran", DEADLINE, () -> ran.get() >= accepted.get());
    }
  }

  /** Returns once the only thread is in a task that ends when freed or interrupted. */
  private void occupy() throws InterruptedException {
    Await.until("taken", DEADLINE, () -> accepts(new FutureTask<>(this::block, null)));
    assertThat(begun.await(DEADLINE.toSeconds(), SECONDS)).isTrue();
  }

  private void block() {
    begun.countDown();
    try {
      freed.await();
    } catch (InterruptedException interrupted) {
      freed.countDown();
    }
  }

  private static void fail() {
    throw new IllegalStateException("as a task may");
  }

  private boolean accepts() {
    return accepts(() -> {});
  }

  private boolean accepts(Runnable task) {
    try {
      workers.execute(task);
      return true;
    } catch (RejectedExecutionException full) {
      return false;
    }
  }
}
