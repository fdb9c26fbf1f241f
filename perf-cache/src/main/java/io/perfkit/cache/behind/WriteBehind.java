package io.perfkit.cache.behind;

import static java.util.Objects.requireNonNull;

import io.micrometer.core.instrument.MeterRegistry;
import io.perfkit.cache.Cache;
import io.perfkit.cache.CacheWriter;
import io.perfkit.cache.Caches;
import io.perfkit.cache.ReadThrough;
import io.perfkit.cache.Write;
import io.perfkit.cache.behind.WriteBuffer.Pending;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Write-behind: accepts writes at once and passes them to a {@link CacheWriter} later, in batches,
 * on a thread of its own, {@code perf-cache-write-behind-…}. It is closed by its own close, or at
 * the latest with its {@link Caches}. Thread safe.
 *
 * <p>A later write of a key replaces one that still waits; the writes of a key are done in their
 * order. Reads through this object see accepted writes of this node (read-your-writes); other
 * nodes, and this node's plain {@link Cache}, see a write once it is done: then its key is
 * invalidated on all nodes.
 *
 * <p>Every write that was accepted ends in one of four ways: the writer commits it, a later write
 * of its key replaces it, it is given up and handed to the host, or {@link #close(Duration)}
 * returns it. A batch that fails is tried again after a pause, in batches of half the size, so that
 * a write that fails by itself ends up alone and does not delay others. The writes in memory are
 * lost when the JVM dies: at most {@link WriteBehindConfig#maxEntries()} writes.
 *
 * @param <K> keys
 * @param <V> values
 */
public final class WriteBehind<K, V> implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(WriteBehind.class);
  private static final long JOIN_MILLIS = 1_000;

  private final ReadThrough<K, V> reads;
  private final CacheWriter<K, V> writer;
  private final BiConsumer<? super Write<K, V>, ? super Throwable> unwritten;
  private final WriteBehindConfig config;
  private final WriteBuffer<K, V> buffer;
  private final WriteMeters meters = new WriteMeters();
  private final Thread thread;
  private volatile boolean failing;

  private WriteBehind(Builder<K, V> builder) {
    this.reads = builder.reads;
    this.writer = builder.writer;
    this.unwritten = builder.unwritten;
    this.config = builder.config;
    this.buffer = new WriteBuffer<>(config, builder.nanos);
    this.thread = new Thread(this::run, "perf-cache-write-behind-" + reads.cache().name());
    thread.setDaemon(true);
  }

  /**
   * Write-behind for the cache of {@code reads} by {@code writer}, with default settings. Starts a
   * thread.
   *
   * @param caches whose cache it is
   * @param unwritten gets each accepted write that is given up, with the reason: after its attempts
   *     the writer's exception, at a close a {@link WriteUnfinished}. It runs on the thread that
   *     writes or closes; its exceptions are logged
   * @throws IllegalArgumentException if the cache is not of these caches
   * @throws IllegalStateException if the cache has a writer already, or the caches are closed
   */
  public static <K, V> WriteBehind<K, V> create(
      Caches caches,
      ReadThrough<K, V> reads,
      CacheWriter<K, V> writer,
      BiConsumer<? super Write<K, V>, ? super Throwable> unwritten) {
    return builder(caches, reads, writer, unwritten).build();
  }

  /** As {@link #create}, with more settings and collaborators. */
  public static <K, V> Builder<K, V> builder(
      Caches caches,
      ReadThrough<K, V> reads,
      CacheWriter<K, V> writer,
      BiConsumer<? super Write<K, V>, ? super Throwable> unwritten) {
    return new Builder<>(caches, reads, writer, unwritten);
  }

  /**
   * Accepts a value, to be written within about {@link WriteBehindConfig#delay()}. Returns at once,
   * unless the buffer is full: then the calling thread writes it, in its turn, and this returns
   * when it is committed.
   *
   * @throws WriteUnfinished if the buffer is full and the thread is interrupted while an earlier
   *     write of the key is under way; this one was not accepted
   * @throws IllegalStateException after a close
   * @throws RuntimeException what the writer threw on the calling thread; the write was not
   *     accepted
   */
  public void put(K key, V value) {
    accept(Write.put(key, requireNonNull(reads.cache().handOut(requireNonNull(value, "value")))));
  }

  /** Accepts the removal of a value; otherwise as {@link #put}. */
  public void remove(K key) {
    accept(Write.remove(key));
  }

  private void accept(Write<K, V> write) {
    String unused = reads.cache().keyText(write.key()); // rejects a key that no level could store
    if (offer(write)) {
      return;
    }
    boolean success = false;
    try {
      writer.write(List.of(write));
      success = true;
      reads.cache().invalidate(write.key());
    } finally {
      buffer.directDone(write.key(), success);
    }
  }

  private boolean offer(Write<K, V> write) {
    try {
      return buffer.offer(write);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new WriteUnfinished("interrupted before it was written: " + write + ", " + this, e);
    }
  }

  /**
   * The value of the latest accepted write that is not done yet, null if that is a removal; without
   * such a write as {@link ReadThrough#get}.
   */
  public @Nullable V get(K key) {
    Write<K, V> write = buffer.latest(requireNonNull(key, "key"));
    return write == null ? reads.get(key) : reads.cache().handOut(write.value());
  }

  /** As {@link ReadThrough#getAll}; for a key with a write that is not done, as {@link #get}. */
  public Map<K, V> getAll(Collection<? extends K> keys) {
    Map<K, Write<K, V>> writes = new LinkedHashMap<>();
    List<K> others = new ArrayList<>();
    for (K key : keys) {
      Write<K, V> write = buffer.latest(requireNonNull(key, "key"));
      if (write == null) {
        others.add(key);
      } else {
        writes.put(key, write);
      }
    }
    Map<K, V> found = reads.getAll(others);
    Map<K, V> values = new LinkedHashMap<>();
    for (K key : keys) {
      Write<K, V> write = writes.get(key);
      V value = write == null ? found.get(key) : reads.cache().handOut(write.value());
      if (value != null) {
        values.put(key, value);
      }
    }
    return values;
  }

  /** Counts so far. */
  public WriteBehindStats stats() {
    return buffer.stats();
  }

  /** Whether it writes now. Costs a lock; for a health check. */
  public WriteBehindHealth health() {
    boolean running = thread.isAlive() && !buffer.isClosed();
    return new WriteBehindHealth(running, stats().waiting(), config.maxEntries(), failing);
  }

  private void run() {
    for (List<Pending<K, V>> batch = buffer.take(); !batch.isEmpty(); batch = buffer.take()) {
      write(batch);
    }
  }

  /** Writes a batch; afterwards each write is done, queued for a retry, or handed to the host. */
  private void write(List<Pending<K, V>> batch) {
    List<Write<K, V>> writes = batch.stream().map(pending -> pending.write).toList();
    @Nullable Throwable failure = null;
    try {
      writer.write(writes);
    } catch (Throwable thrown) { // otherwise the thread would end, and every waiting write with it
      failure = thrown;
    }
    boolean interrupted = Thread.interrupted(); // otherwise the invalidation would fail
    failing = failure != null;
    if (failure == null) {
      invalidate(writes);
      buffer.written(batch);
    } else {
      LOG.debug("{} writes failed{}, {}", writes.size(), interrupted ? ", interrupted" : "", this);
      List<Write<K, V>> givenUp = buffer.failed(batch);
      invalidate(givenUp); // the writer may have committed some
      hand(givenUp, failure);
    }
  }

  private void invalidate(List<Write<K, V>> writes) {
    try {
      reads.cache().invalidateAll(writes.stream().map(Write::key).toList());
    } catch (Throwable e) { // must not end the thread either
      LOG.warn("Other nodes were not told of {} writes, {}", writes.size(), this, e);
    }
  }

  private void hand(List<Write<K, V>> writes, Throwable reason) {
    for (Write<K, V> write : writes) {
      try {
        unwritten.accept(write, reason);
      } catch (Throwable e) {
        LOG.error("The handler of unwritten writes failed for {}, {}", write, this, e);
      }
    }
  }

  /**
   * Writes the waiting writes, for {@link WriteBehindConfig#closeWithin()} at most, and hands the
   * rest to the host, so that none is lost silently. A second call does nothing.
   */
  @Override
  public void close() {
    List<Write<K, V>> left = close(config.closeWithin());
    if (!left.isEmpty()) {
      hand(left, new WriteUnfinished("closed before it was written, " + this, null));
    }
  }

  /**
   * Stops accepting writes, writes the waiting ones for at most {@code deadline}, and ends the
   * thread; a writer that ignores interrupts keeps the thread until it returns.
   *
   * @return the writes not known to be done, the older write of a key first; those that were under
   *     way may have been committed. Empty at a second call
   */
  public List<Write<K, V>> close(Duration deadline) {
    List<Write<K, V>> left = buffer.close(requireNonNull(deadline, "deadline"));
    if (!left.isEmpty()) {
      thread.interrupt();
    }
    try {
      thread.join(JOIN_MILLIS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    meters.close();
    return left;
  }

  @Override
  public String toString() {
    return "WriteBehind[" + reads.cache().name() + ", " + config + "]";
  }

  /** Collects collaborators and settings. One thread at a time. */
  public static final class Builder<K, V> {
    private final Caches caches;
    private final ReadThrough<K, V> reads;
    private final CacheWriter<K, V> writer;
    private final BiConsumer<? super Write<K, V>, ? super Throwable> unwritten;
    private WriteBehindConfig config = WriteBehindConfig.defaults();
    private @Nullable MeterRegistry registry;
    private LongSupplier nanos = System::nanoTime;

    private Builder(
        Caches caches,
        ReadThrough<K, V> reads,
        CacheWriter<K, V> writer,
        BiConsumer<? super Write<K, V>, ? super Throwable> unwritten) {
      this.caches = requireNonNull(caches, "caches");
      this.reads = requireNonNull(reads, "reads");
      this.writer = requireNonNull(writer, "writer");
      this.unwritten = requireNonNull(unwritten, "unwritten");
      this.registry = caches.meterRegistry().orElse(null);
    }

    /** Default {@link WriteBehindConfig#defaults()}. */
    public Builder<K, V> config(WriteBehindConfig settings) {
      config = requireNonNull(settings, "settings");
      return this;
    }

    /** The registry of its meters until it is closed; default that of the caches. */
    public Builder<K, V> meterRegistry(MeterRegistry meterRegistry) {
      registry = requireNonNull(meterRegistry, "meterRegistry");
      return this;
    }

    Builder<K, V> nanos(LongSupplier clock) {
      nanos = clock;
      return this;
    }

    /** Opens it, as {@link WriteBehind#create} says. */
    public WriteBehind<K, V> build() {
      Cache<K, V> cache = reads.cache();
      if (caches.getCache(cache.name()).filter(ours -> ours == cache).isEmpty()) {
        throw new IllegalArgumentException(
            "cache: '" + cache.name() + "' (expected: a cache of " + caches + ")");
      }
      WriteBehind<K, V> behind = new WriteBehind<>(this);
      caches.attach("the writer of cache '" + cache.name() + "'", behind);
      if (registry != null) {
        behind.meters.bind(behind, registry, caches.name(), cache.name());
      }
      behind.thread.start();
      return behind;
    }
  }
}
