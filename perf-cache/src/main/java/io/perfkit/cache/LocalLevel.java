package io.perfkit.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.time.Duration;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The local copies of one cache. A copy counts while its own deadline has not passed and its
 * stripe's epoch is what it was when the value was read. Thread safe.
 *
 * <p>Caffeine bounds the number of copies and drops old ones; whether a copy counts is decided
 * here, so a hit reads the clock once. Caffeine's own clock is the time of the latest write, which
 * is enough to give memory back.
 */
final class LocalLevel<K, V> {
  private final Cache<K, LocalEntry<V>> entries;
  private final Fence fence;
  private final LongSupplier nanos;
  private final long ttlNanos;
  private volatile long lastWriteNanos;

  LocalLevel(CacheConfig config, Fence fence, LongSupplier nanos) {
    this.fence = fence;
    this.nanos = nanos;
    this.ttlNanos = config.l1Ttl().toNanos();
    this.lastWriteNanos = nanos.getAsLong();
    this.entries =
        Caffeine.newBuilder()
            .maximumSize(config.maxEntries())
            .expireAfterWrite(config.l1Ttl())
            .ticker(() -> lastWriteNanos)
            .build();
  }

  /** The copy that counts, or null. Allocates nothing. */
  @Nullable V get(K key) {
    LocalEntry<V> entry = entries.getIfPresent(key);
    return entry != null
            && entry.deadlineNanos() - nanos.getAsLong() > 0
            && entry.epoch() == fence.epoch(entry.stripe())
        ? entry.value()
        : null;
  }

  /** To be taken before a value is read, and given to {@link #put} with it. */
  long now() {
    return nanos.getAsLong();
  }

  /** To be taken before a value is read, and given to {@link #put} with it. */
  long epoch(int stripe) {
    return fence.epoch(stripe);
  }

  int stripe(int hash) {
    return fence.stripe(hash);
  }

  /** Keeps a value read at {@code readNanos} under {@code epoch}, for its time left at most. */
  void put(K key, V value, int stripe, long epoch, long readNanos, Duration timeLeft) {
    if (fence.epoch(stripe)
        == epoch) { // or else it would not count, and might displace one that does
      lastWriteNanos = nanos.getAsLong();
      long life = Math.min(ttlNanos, timeLeft.toNanos());
      entries.put(key, new LocalEntry<>(value, stripe, epoch, readNanos + life));
    }
  }

  /**
   * Ends what was read before, then keeps {@code value}, which was put to Redis after {@code epoch}
   * was taken; unless another node's invalidation came between, which may be the newer one.
   */
  void replace(K key, V value, int stripe, long epoch, long putNanos) {
    if (fence.advanceFrom(stripe, epoch)) {
      put(key, value, stripe, epoch + 1, putNanos, Duration.ofNanos(ttlNanos));
    } else {
      entries.invalidate(key);
    }
  }

  /** Ends the copy, and whatever is being read now. */
  void remove(K key, int stripe) {
    fence.advance(stripe);
    entries.invalidate(key);
  }

  /** About how many copies are held, counting or not. */
  long size() {
    return entries.estimatedSize();
  }
}
