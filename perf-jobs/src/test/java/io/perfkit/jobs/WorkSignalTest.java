package io.perfkit.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import io.perfkit.testing.Await;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class WorkSignalTest {
  private static final Duration SOON = Duration.ofSeconds(60);
  private static final long NEVER = Duration.ofDays(1).toNanos();

  @Test
  void noSignalIsMissed() throws InterruptedException {
    int workers = 3;
    WorkSignal signal = new WorkSignal(workers);
    AtomicInteger work = new AtomicInteger();
    AtomicInteger done = new AtomicInteger();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < workers; i++) {
      Thread thread =
          new Thread(
              () -> {
                while (done.get() < 20_000) {
                  int left = work.get();
                  if (left == 0) {
                    signal.await(NEVER);
                  } else if (work.compareAndSet(left, left - 1)) {
                    done.incrementAndGet();
                  }
                }
                signal.close();
              });
      thread.start();
      threads.add(thread);
    }
    for (int i = 0; i < 20_000; i++) {
      work.incrementAndGet();
      signal.signal();
    }
    Await.until("W1: all work is done", SOON, () -> done.get() == 20_000);
    for (Thread thread : threads) {
      thread.join(SOON.toMillis());
      assertThat(thread.isAlive()).isFalse();
    }
  }

  @Test
  void whenThePollerLeavesAnotherOnePolls() {
    WorkSignal signal = new WorkSignal(2);
    AtomicInteger polls = new AtomicInteger();
    AtomicInteger woken = new AtomicInteger();
    for (int i = 0; i < 2; i++) {
      Thread thread =
          new Thread(
              () -> {
                signal.await(Duration.ofMillis(20).toNanos());
                polls.incrementAndGet();
                signal.await(Duration.ofMillis(20).toNanos());
                woken.incrementAndGet();
              });
      thread.setDaemon(true);
      thread.start();
    }
    Await.until("W2: both have polled twice", SOON, () -> polls.get() == 2 && woken.get() == 2);
  }

  @Test
  void keepsNoMoreSignalsThanThereAreWorkers() {
    WorkSignal signal = new WorkSignal(2);
    for (int i = 0; i < 100; i++) {
      signal.signal();
    }
    AtomicInteger returned = new AtomicInteger();
    Thread worker =
        new Thread(
            () -> {
              for (int i = 0; i < 3; i++) {
                signal.await(NEVER);
                returned.incrementAndGet();
              }
            });
    worker.start();
    Await.until(
        "W3: two return, the third waits",
        SOON,
        () -> worker.getState() == Thread.State.TIMED_WAITING);
    assertThat(returned).hasValue(2);
    signal.close();
  }
}
