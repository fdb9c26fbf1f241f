package io.perfkit.cache;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs failed loads whose exception reaches no caller: at most one in each {@code pause}, by its
 * class; its message, which may hold anything, at a lower level only. Thread safe.
 */
final class FailureLog {
  private static final Logger LOG = LoggerFactory.getLogger(FailureLog.class);

  private final String cache;
  private final long pauseNanos;
  private final LongSupplier nanos;
  private final AtomicLong nextNanos;

  FailureLog(String cache, Duration pause, LongSupplier nanos) {
    this.cache = cache;
    this.pauseNanos = pause.toNanos();
    this.nanos = nanos;
    this.nextNanos = new AtomicLong(nanos.getAsLong());
  }

  /** Logs the failure unless another one was logged within the pause; whether it was logged. */
  boolean tell(Throwable failure) {
    long now = nanos.getAsLong();
    long next = nextNanos.get();
    if (now - next < 0 || !nextNanos.compareAndSet(next, now + pauseNanos)) {
      return false;
    }
    LOG.warn(
        "A load of cache '{}' failed and stale values may serve: {}",
        cache,
        failure.getClass().getName());
    LOG.debug("A load of cache '{}' failed", cache, failure);
    return true;
  }
}
