package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import java.time.Duration;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One warm-up: its keys in chunks, each of them one look at Redis, one load of what is absent there
 * and one fill. Thread safe.
 */
final class Warming<K, V> implements Runnable {
  static final int CHUNK = 100;

  /** Most chunks at a time, so that a warm-up leaves capacity of the database to others. */
  static final int TOGETHER_MAX = 4;

  private static final Logger LOG = LoggerFactory.getLogger(Warming.class);

  private final ReadThrough<K, V> reads;
  private final int keys;
  private final Queue<List<K>> chunks = new ConcurrentLinkedQueue<>();
  private final CountDownLatch done;
  private final AtomicInteger present = new AtomicInteger();
  private final AtomicInteger loaded = new AtomicInteger();
  private final AtomicInteger absent = new AtomicInteger();
  private final AtomicInteger failed = new AtomicInteger();

  Warming(ReadThrough<K, V> reads, Collection<? extends K> keys) {
    this.reads = reads;
    List<K> distinct = List.copyOf(new LinkedHashSet<>(keys));
    this.keys = distinct.size();
    for (int from = 0; from < distinct.size(); from += CHUNK) {
      chunks.add(distinct.subList(from, Math.min(from + CHUNK, distinct.size())));
    }
    this.done = new CountDownLatch(chunks.size());
  }

  /** Warms chunk after chunk, until none is left for this thread. */
  @Override
  public void run() {
    for (List<K> chunk = chunks.poll(); chunk != null; chunk = chunks.poll()) {
      warm(chunk);
    }
  }

  /** Runs on threads of {@code executor}, for {@code deadline} at most; a load may go on after. */
  WarmReport runOn(Executor executor, Duration deadline) {
    try {
      for (int i = Math.min(TOGETHER_MAX, chunks.size()); i > 0; i--) {
        executor.execute(this);
      }
    } catch (RejectedExecutionException e) {
      LOG.debug("The executor of a warm-up took fewer tasks than it was offered", e);
    }
    try {
      boolean unused = done.await(NANOSECONDS.convert(deadline), NANOSECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    chunks.clear();
    return report();
  }

  private void warm(List<K> chunk) {
    Chunk counted = new Chunk();
    try {
      Map<K, V> unused =
          reads
              .cache()
              .getAllEntries(
                  chunk,
                  missing -> {
                    Map<K, Entry<V>> entries = reads.loaded(missing);
                    for (K key : missing) {
                      Entry<V> entry = entries.get(key);
                      boolean exists = entry != null && entry.value() != null;
                      counted.loaded += exists ? 1 : 0;
                      counted.absent += exists ? 0 : 1;
                    }
                    return entries;
                  });
      counted.whole = true;
    } catch (RuntimeException e) {
      LOG.debug("{} keys of {} were not warmed", chunk.size(), reads, e);
    } finally {
      int others = chunk.size() - counted.loaded - counted.absent;
      loaded.addAndGet(counted.loaded);
      absent.addAndGet(counted.absent);
      (counted.whole ? present : failed).addAndGet(others);
      done.countDown();
    }
  }

  /** The counts of one chunk, on its thread. */
  private static final class Chunk {
    private int loaded;
    private int absent;
    private boolean whole;
  }

  WarmReport report() {
    int a = present.get();
    int b = loaded.get();
    int c = absent.get();
    int d = failed.get();
    return new WarmReport(a, b, c, d, keys - a - b - c - d);
  }
}
