package io.perfkit.cache;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells a host's listener what has left one cache, in the order in which it was noticed and on a
 * thread of loads, since the level may hold a lock when it notices. At most {@value #WAITING_MAX}
 * wait; what a slow listener leaves no room for is dropped and logged. Thread safe.
 */
final class Removals<K, V> {
  static final int WAITING_MAX = 10_000;
  private static final Logger LOG = LoggerFactory.getLogger(Removals.class);
  private static final long LOG_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final String cache;
  private final RemovalListener<? super K, ? super V> listener;
  private final LoadThreads threads;
  private final LongSupplier nanos;
  private final Queue<Removal<K, V>> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicInteger size = new AtomicInteger();
  private final AtomicBoolean telling = new AtomicBoolean();
  private final AtomicLong failed = new AtomicLong();
  private final AtomicLong dropped = new AtomicLong();
  private final AtomicLong nextLogNanos;

  private record Removal<K, V>(K key, V value, RemovalCause cause) {}

  Removals(
      String cache,
      RemovalListener<? super K, ? super V> listener,
      LoadThreads threads,
      LongSupplier nanos) {
    this.cache = cache;
    this.listener = listener;
    this.threads = threads;
    this.nanos = nanos;
    this.nextLogNanos = new AtomicLong(nanos.getAsLong());
  }

  /** Notes what has left; calls no code of the host. */
  void add(K key, V value, RemovalCause cause) {
    if (size.incrementAndGet() > WAITING_MAX) {
      size.decrementAndGet();
      dropped.incrementAndGet();
      logWhenDue(null);
      return;
    }
    waiting.add(new Removal<>(key, value, cause));
    if (!telling.get()) {
      start();
    }
  }

  private void start() {
    boolean unused = threads.start(this::tell); // if there is no thread, the next one is told both
  }

  /** Tells the listener all that waits, unless another thread does. */
  void tell() {
    while (!waiting.isEmpty() && telling.compareAndSet(false, true)) {
      try {
        for (Removal<K, V> next = waiting.poll(); next != null; next = waiting.poll()) {
          size.decrementAndGet();
          tell(next);
        }
      } finally {
        telling.set(false);
      }
    }
  }

  private void tell(Removal<K, V> removal) {
    try {
      listener.removed(removal.key(), removal.value(), removal.cause());
    } catch (RuntimeException e) {
      failed.incrementAndGet();
      logWhenDue(e);
    }
  }

  private void logWhenDue(@Nullable RuntimeException failure) {
    long now = nanos.getAsLong();
    long next = nextLogNanos.get();
    if (now - next >= 0 && nextLogNanos.compareAndSet(next, now + LOG_PAUSE_NANOS)) {
      LOG.warn(
          "The removal listener of cache '{}' threw {} times and was not told {} removals, since it"
              + " was slow",
          cache,
          failed.getAndSet(0),
          dropped.getAndSet(0),
          failure);
    }
  }
}
