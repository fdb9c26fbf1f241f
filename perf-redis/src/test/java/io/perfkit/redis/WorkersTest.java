package io.perfkit.redis;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.perfkit.testing.Await;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.RejectedExecutionException;
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

  /** Returns once the only thread is in a task that ends when freed or interrupted. */
  private void occupy() throws InterruptedException {
    Await.until("taken", DEADLINE, () -> accepts(this::block));
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
