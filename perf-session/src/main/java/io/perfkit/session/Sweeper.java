package io.perfkit.session;

import static java.util.concurrent.TimeUnit.MILLISECONDS;

import io.perfkit.redis.RedisException;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sweeps periodically on its own thread, until it is closed. */
final class Sweeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sweeper.class);

  private final ScheduledThreadPoolExecutor thread;

  Sweeper(String name, Duration pause, Runnable sweep) {
    this.thread =
        new ScheduledThreadPoolExecutor(
            1,
            task -> {
              Thread daemon = new Thread(task, "perf-session-" + name + "-sweeper");
              daemon.setDaemon(true);
              return daemon;
            });
    Future<?> unused =
        thread.scheduleWithFixedDelay(
            () -> quietly(sweep), pause.toMillis(), pause.toMillis(), MILLISECONDS);
  }

  private static void quietly(Runnable sweep) {
    try {
      sweep.run();
    } catch (RedisException e) {
      LOG.debug("not swept, the next sweep will: {}", e.getMessage());
    } catch (RuntimeException e) {
      LOG.warn("not swept", e);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
