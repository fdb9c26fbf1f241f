package io.perfkit.redis;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fixed number of threads for what may block, and a bound for what waits for them. Thread safe.
 */
final class Workers implements Executor, AutoCloseable {

  /* Invariants
   * E1  who hands a task over takes no lock that a worker needs. A virtual thread that is woken to take
   *     one gets no processor while others never rest, and the workers would wait behind it. */
  private final AtomicInteger pending = new AtomicInteger();
  private final ThreadPoolExecutor threads;
  private final int pendingMax;

  Workers(int count, int waitingMax, String name) {
    AtomicInteger number = new AtomicInteger();
    this.pendingMax = count + waitingMax;
    this.threads =
        new ThreadPoolExecutor(
            count,
            count,
            0,
            SECONDS,
            new LinkedTransferQueue<>(), // E1
            task -> daemon(task, name + number.incrementAndGet()));
    threads.prestartAllCoreThreads(); // E1: another one would be added under a lock
  }

  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  private record Task(Runnable body, AtomicInteger pending) implements Runnable {
    @Override
    public void run() {
      try {
        body.run();
      } finally {
        pending.decrementAndGet();
      }
    }
  }

  /**
   * Runs {@code task} as soon as a thread is free; does not wait for it.
   *
   * @throws RejectedExecutionException if too many tasks wait, or after {@link #close()}
   */
  @Override
  public void execute(Runnable task) {
    if (pending.incrementAndGet() > pendingMax) {
      pending.decrementAndGet();
      throw new RejectedExecutionException("more than " + pendingMax + " tasks");
    }
    threads.execute(new Task(task, pending)); // it refuses once it is shut down, and then for good
  }

  boolean isClosed() {
    return threads.isShutdown();
  }

  /** Interrupts what runs and cancels what waits. */
  @Override
  public void close() {
    for (Runnable waiting : threads.shutdownNow()) {
      if (((Task) waiting).body() instanceof Future<?> reply) {
        reply.cancel(false);
      }
    }
  }
}
