package io.perfkit.redis;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedTransferQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * A thread pool with bounds, for tasks that may block: a thread starts when all others are busy, up
 * to a bound, and ends after a while without work. The queue has a bound too. Thread safe.
 */
final class Workers implements Executor, AutoCloseable {
  private static final Duration IDLE = Duration.ofSeconds(10);
  private static final Runnable WAKE_UP = new FutureTask<@Nullable Void>(() -> null);

  /* Invariants
   * E1  a thread that hands a task over takes no lock that a worker needs: a virtual thread that holds
   *     one may wait for a processor while others never rest, and the workers would wait behind it.
   *     So the queue and the counters are lock-free, and only workers enter the set of workers.
   * E2  no task is left in the queue while no worker lives: a task is in the queue before its thread
   *     looks at `alive`, and a worker that ends looks at the queue after it left `alive`.
   * E3  after close no task waits: a thread looks at `closed` after it queued its task, and close
   *     empties the queue after it set `closed`. */
  private final AtomicInteger pending = new AtomicInteger();
  private final AtomicInteger alive = new AtomicInteger();
  private final AtomicInteger number = new AtomicInteger();
  private final LinkedTransferQueue<Runnable> queue = new LinkedTransferQueue<>();
  private final Set<Worker> workers = ConcurrentHashMap.newKeySet();
  private final int maxAlive;
  private final int maxPending;
  private final String name;
  private final long idleNanos;
  private volatile boolean closed;

  Workers(int maxAlive, int maxWaiting, String name) {
    this(maxAlive, maxWaiting, name, IDLE);
  }

  Workers(int maxAlive, int maxWaiting, String name, Duration idle) {
    this.maxAlive = maxAlive;
    this.maxPending = maxAlive + maxWaiting;
    this.name = name;
    this.idleNanos = idle.toNanos();
  }

  static Thread daemon(Runnable task, String name) {
    Thread thread = new Thread(task, name);
    thread.setDaemon(true);
    return thread;
  }

  /** Threads that live now. */
  int alive() {
    return alive.get();
  }

  /**
   * Runs {@code task} as soon as a thread is free; does not wait for it.
   *
   * @throws RejectedExecutionException if too many tasks wait, or after {@link #close()}
   */
  @Override
  public void execute(Runnable task) {
    if (closed) {
      throw new RejectedExecutionException("closed");
    }
    if (pending.incrementAndGet() > maxPending) {
      pending.decrementAndGet();
      throw new RejectedExecutionException("more than " + maxPending + " tasks");
    }
    if (!queue.tryTransfer(task)) {
      queue.put(task);
      if (mayStart()) { // E2
        start();
      }
    }
    if (closed) { // E3
      dropWaiting();
    }
  }

  private boolean mayStart() {
    int now = alive.get();
    while (now < maxAlive) {
      if (alive.compareAndSet(now, now + 1)) {
        return true;
      }
      now = alive.get();
    }
    return false;
  }

  private void start() {
    try {
      daemon(new Worker(), name + number.incrementAndGet()).start();
    } catch (Throwable e) { // no memory for a thread: another one may come to the task
      alive.decrementAndGet();
      throw e;
    }
  }

  private final class Worker implements Runnable {
    private volatile @Nullable Runnable current;

    @Override
    public void run() {
      workers.add(this);
      try {
        do {
          work();
          alive.decrementAndGet();
        } while (!queue.isEmpty() && !closed && mayStart()); // E2
      } finally {
        workers.remove(this);
      }
    }

    /** Runs tasks; returns after a while without work, or after a close. */
    private void work() {
      for (Runnable task = next(); task != null; task = next()) {
        if (task != WAKE_UP) {
          run(task);
        }
        if (closed) {
          var unused = queue.offer(WAKE_UP); // for the next worker
          return;
        }
      }
    }

    private @Nullable Runnable next() {
      var unused = Thread.interrupted(); // a late one, of a task that has ended
      try {
        return queue.poll(idleNanos, NANOSECONDS);
      } catch (InterruptedException late) {
        return WAKE_UP;
      }
    }

    private void run(Runnable task) {
      current = task;
      try {
        if (closed) { // close() may have looked at `current` too early
          cancel(task);
        }
        task.run();
      } catch (Throwable e) {
        Thread thread = Thread.currentThread();
        thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
      } finally {
        current = null;
        pending.decrementAndGet();
      }
    }
  }

  private void dropWaiting() {
    for (Runnable task = queue.poll(); task != null; task = queue.poll()) {
      if (task != WAKE_UP) {
        drop(task);
      }
    }
  }

  /** Cancels a task that a thread waits for; runs any other, which sees the close and tidies up. */
  private void drop(Runnable task) {
    pending.decrementAndGet();
    if (task instanceof Future<?> reply) {
      reply.cancel(false);
    } else {
      task.run();
    }
  }

  private static void cancel(@Nullable Runnable task) {
    if (task instanceof Future<?> reply) {
      reply.cancel(true);
    }
  }

  boolean isClosed() {
    return closed;
  }

  /** Cancels queued tasks, and running ones that a thread waits for; the threads then end. */
  @Override
  public void close() {
    closed = true;
    dropWaiting(); // E3
    workers.forEach(worker -> cancel(worker.current));
    var unused = queue.offer(WAKE_UP);
  }
}
