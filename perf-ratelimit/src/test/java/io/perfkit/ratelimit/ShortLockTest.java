package io.perfkit.ratelimit;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class ShortLockTest {
  private static final int THREADS = 2 * Runtime.getRuntime().availableProcessors() + 2;
  private static final int ROUNDS = 200_000;

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);

  @AfterEach
  void stop() {
    threads.shutdownNow();
  }

  /** A number without any order of its own. */
  private static final class Guarded extends ShortLock {
    private long number;

    void add() {
      lock();
      number++;
      unlock();
    }
  }

  private long sum(Guarded guarded, Runnable add) throws Exception {
    List<Future<?>> running = new ArrayList<>();
    for (int t = 0; t < THREADS; t++) {
      running.add(
          threads.submit(
              () -> {
                for (int i = 0; i < ROUNDS; i++) {
                  add.run();
                }
              }));
    }
    for (Future<?> each : running) {
      each.get(60, TimeUnit.SECONDS);
    }
    return guarded.number;
  }

  @Test
  void noStepOfMoreThreadsThanProcessorsIsLost() throws Exception {
    Guarded guarded = new Guarded();

    assertThat(sum(guarded, guarded::add)).isEqualTo((long) THREADS * ROUNDS);
  }

  @Test
  void isCaughtWithoutTheLock() throws Exception {
    Guarded guarded = new Guarded();
    AtomicInteger turn = new AtomicInteger();
    CyclicBarrier allHaveRead = new CyclicBarrier(THREADS);
    Runnable add =
        () -> {
          long before = guarded.number;
          if (turn.getAndIncrement() < THREADS) {
            await(allHaveRead);
          }
          guarded.number = before + 1;
        };

    assertThat(sum(guarded, add)).as("steps are lost").isLessThan((long) THREADS * ROUNDS);
  }

  private static void await(CyclicBarrier barrier) {
    try {
      barrier.await();
    } catch (InterruptedException | BrokenBarrierException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void aThreadThatCompetesGetsItWhenItsHolderRests() throws Exception {
    Guarded guarded = new Guarded();
    CountDownLatch begun = new CountDownLatch(1);
    guarded.lock();
    Future<?> competes =
        threads.submit(
            () -> {
              begun.countDown();
              guarded.add();
            });
    begun.await();
    assertThat(competes.isDone()).isFalse();

    guarded.unlock();

    competes.get(60, TimeUnit.SECONDS);
    assertThat(guarded.number).isOne();
  }
}
