package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Where loads run that their callers don't run: those that nobody waits for, and those with a time
 * limit. At most {@value #UNDER_WAY_MAX} are under way or wait, whatever the executor takes. Thread
 * safe.
 */
final class LoadThreads implements AutoCloseable {
  static final int UNDER_WAY_MAX = 1_000;
  static final int THREADS_MAX = 32;
  private static final long IDLE_SECONDS = 10;

  private final @Nullable ExecutorService own;
  private final Executor executor;
  private final ScheduledExecutorService timer;
  private final AtomicInteger underWay = new AtomicInteger();

  /**
   * @param executor of the host, not closed here; null for threads of our own
   * @param timer starts what comes later, and blocks for nothing
   */
  LoadThreads(@Nullable Executor executor, ScheduledExecutorService timer) {
    if (executor == null) {
      ExecutorService threads = threads();
      this.own = threads;
      this.executor = threads;
    } else {
      this.own = null;
      this.executor = executor;
    }
    this.timer = timer;
  }

  private static ExecutorService threads() {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            THREADS_MAX,
            THREADS_MAX,
            IDLE_SECONDS,
            SECONDS,
            new LinkedBlockingQueue<>(UNDER_WAY_MAX),
            task -> {
              Thread thread = new Thread(task, "perf-cache-load-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            });
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /** Runs {@code task} on a thread, soon. False if there are too many; it won't run then. */
  boolean start(Runnable task) {
    if (underWay.incrementAndGet() > UNDER_WAY_MAX) {
      underWay.decrementAndGet();
      return false;
    }
    try {
      executor.execute(
          () -> {
            try {
              task.run();
            } finally {
              underWay.decrementAndGet();
            }
          });
      return true;
    } catch (RejectedExecutionException e) {
      underWay.decrementAndGet();
      return false;
    }
  }

  /** Starts {@code task} after a while, unless that is cancelled. */
  Future<?> startAfter(Duration delay, Runnable task) {
    return after(delay, () -> start(task));
  }

  /** Runs {@code task}, which blocks for nothing, after a while, unless that is cancelled. */
  Future<?> after(Duration delay, Runnable task) {
    return timer.schedule(task, delay.toNanos(), NANOSECONDS);
  }

  /** Interrupts the loads on threads of our own; those of the host's executor go on. */
  @Override
  public void close() {
    if (own != null) {
      own.shutdownNow();
    }
  }
}
