package io.perfkit.cache;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells of failed loads whose exception no caller gets: at most one in each {@code pause}, by its
 * class; what it says, which may be anything, only to who listens for it. Thread safe.
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

  /** Whether it was the turn of this one. */
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
