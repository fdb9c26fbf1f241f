package io.perfkit.session;

import static java.util.concurrent.TimeUnit.MINUTES;

import io.perfkit.redis.RedisException;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Reads the events of a store for a listener, one thread at a time. */
final class EventReader {
  static final Duration PAUSE = Duration.ofMillis(250);

  private static final Logger LOG = LoggerFactory.getLogger(EventReader.class);

  private final SessionStore store;
  private final SessionListener listener;
  private final Count.Counts counts;
  private final LongSupplier nanos;
  private String position = "";
  private boolean late;
  private long loggedAt;

  /** Begins with the events from now on, one round trip; if Redis is down, when it is back. */
  EventReader(
      SessionStore store, SessionListener listener, Count.Counts counts, LongSupplier nanos) {
    this.store = store;
    this.listener = listener;
    this.counts = counts;
    this.nanos = nanos;
    this.loggedAt = nanos.getAsLong() - MINUTES.toNanos(1);
    try {
      position = store.events("").next();
    } catch (RedisException e) {
      late = true;
    }
  }

  /**
   * Delivers what has happened since the last call.
   *
   * @throws RedisException if Redis did not answer; the next call goes on
   */
  void read() {
    boolean more = true;
    while (more && !Thread.currentThread().isInterrupted()) {
      EventPage page = store.events(position);
      if (page.missed() || late) {
        late = false;
        counts.add(Count.EVENTS_MISSED, 1);
        guarded(listener::missed);
      }
      for (SessionEvent event : page.events()) {
        guarded(() -> listener.happened(event));
        counts.add(Count.EVENTS_DELIVERED, 1);
      }
      position = page.next();
      more = page.more();
    }
  }

  private void guarded(Runnable call) {
    try {
      call.run();
    } catch (RuntimeException e) {
      counts.add(Count.EVENTS_FAILED, 1);
      long now = nanos.getAsLong();
      if (now - loggedAt >= MINUTES.toNanos(1)) {
        loggedAt = now;
        LOG.warn("a listener of session events failed; the next event follows", e);
      }
    }
  }
}
