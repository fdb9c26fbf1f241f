package io.perfkit.session;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.perfkit.redis.RedisException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Runs a task periodically on its own thread, until it is closed. Thread safe. */
final class Ticker implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Ticker.class);

  private final ScheduledThreadPoolExecutor thread;
  private final Runnable task;
  private final AtomicBoolean soon = new AtomicBoolean();

  /**
   * @param name of the thread, after {@code perf-session-}
   */
  Ticker(String name, Duration pause, Runnable task) {
    this.task = task;
    this.thread =
        new ScheduledThreadPoolExecutor(
            1,
            run -> {
              Thread daemon = new Thread(run, "perf-session-" + name);
              daemon.setDaemon(true);
              return daemon;
            });
    Future<?> unused =
        thread.scheduleWithFixedDelay(
            this::quietly, pause.toMillis(), pause.toMillis(), MILLISECONDS);
  }

  /** Runs the task as soon as the thread is free; several calls before that run it once. */
  void soon() {
    if (soon.compareAndSet(false, true)) {
      try {
        thread.execute(
            () -> {
              soon.set(false);
              quietly();
            });
      } catch (RejectedExecutionException e) {
        LOG.debug("closed: another node does it");
      }
    }
  }

  private void quietly() {
    try {
      task.run();
    } catch (RedisException e) {
      LOG.debug("not done, the next run will: {}", e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn("not done, the next run may", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
