package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.NANOSECONDS;
import static java.util.concurrent.TimeUnit.SECONDS;

import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.RejectedExecutionHandler;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor.AbortPolicy;
import java.util.concurrent.ThreadPoolExecutor.CallerRunsPolicy;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The threads of loads that do not run on their caller's thread: background refreshes, and loads
 * with a time limit. At most {@value #UNDER_WAY_MAX} are under way or wait, whatever the executor
 * accepts; of these caches' own threads {@value #THREADS_MAX} run loads at once, besides those that
 * wait for another load. Also the threads on which a limit ends the wait for a stage. Thread safe.
 */
final class LoadThreads implements AutoCloseable {
  static final int UNDER_WAY_MAX = 1_000;
  static final int THREADS_MAX = 32;
  private static final int LIMIT_THREADS_MAX = 4;
  private static final long IDLE_SECONDS = 10;

  private final @Nullable ThreadPoolExecutor own;
  private final Executor executor;
  private final ExecutorService limits;
  private final ScheduledExecutorService timer;
  private final AtomicInteger underWay = new AtomicInteger();
  private int waiting; // guarded by this

  /**
   * @param executor of the host, not closed here; null for threads of these caches
   * @param timer starts delayed tasks, and must not be blocked
   */
  LoadThreads(@Nullable Executor executor, ScheduledExecutorService timer) {
    if (executor == null) {
      ThreadPoolExecutor threads = threads("load", THREADS_MAX, new AbortPolicy(), LoadThread::new);
      threads.setMaximumPoolSize(THREADS_MAX + UNDER_WAY_MAX);
      this.own = threads;
      this.executor = threads;
    } else {
      this.own = null;
      this.executor = executor;
    }
    this.limits = threads("limit", LIMIT_THREADS_MAX, new CallerRunsPolicy(), Thread::new);
    this.timer = timer;
  }

  /** Made as they are needed. */
  private static ThreadPoolExecutor threads(
      String name,
      int max,
      RejectedExecutionHandler full,
      BiFunction<Runnable, String, Thread> source) {
    AtomicInteger number = new AtomicInteger();
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            max,
            max,
            IDLE_SECONDS,
            SECONDS,
            new LinkedBlockingQueue<>(UNDER_WAY_MAX),
            task -> {
              Thread thread =
                  source.apply(task, "perf-cache-" + name + "-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            },
            full);
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }

  /** A thread of these caches that runs loads. */
  private final class LoadThread extends Thread {
    LoadThread(Runnable task, String name) {
      super(task, name);
    }

    void waits(int change) {
      LoadThreads.this.waits(change);
    }
  }

  /**
   * Says that this thread waits for another load until {@link #endWait}: if it runs one itself, one
   * more load may run meanwhile, so loads that wait for each other never use up the threads.
   */
  static void beginWait() {
    if (Thread.currentThread() instanceof LoadThread thread) {
      thread.waits(1);
    }
  }

  static void endWait() {
    if (Thread.currentThread() instanceof LoadThread thread) {
      thread.waits(-1);
    }
  }

  private synchronized void waits(int change) {
    waiting += change;
    if (own != null) {
      own.setCorePoolSize(THREADS_MAX + waiting);
    }
  }

  /** Runs {@code task} on another thread. False if there are too many; it won't run then. */
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

  /**
   * Runs {@code task}, which ends a wait for a load, after {@code delay}, unless cancelled. Loads
   * that hang can't delay it: it has threads of its own, or else runs on the timer's.
   */
  Future<?> limit(Duration delay, Runnable task) {
    return after(delay, () -> limits.execute(task));
  }

  /** Runs {@code task}, which must not block, after {@code delay}, unless cancelled. */
  Future<?> after(Duration delay, Runnable task) {
    return timer.schedule(task, NANOSECONDS.convert(delay), NANOSECONDS);
  }

  /** Interrupts the loads on threads of these caches; those on the host's executor go on. */
  @Override
  public void close() {
    limits.shutdownNow();
    if (own != null) {
      own.shutdownNow();
    }
  }
}
