package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.NANOSECONDS;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.perfkit.cache.L2Reply.Hit;
import java.time.Duration;
import java.util.Iterator;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.ToIntBiFunction;
import org.jspecify.annotations.Nullable;

/**
 * The local copies of one cache. A copy counts while its own deadline has not passed and the epoch
 * of its key and tags is what it was before the value was read. Thread safe.
 *
 * <p>Caffeine (Window TinyLFU) bounds the number of copies and drops old ones; whether a copy
 * counts is decided here, so a hit reads the clock once. Caffeine's own clock is the time of the
 * latest write, which is enough to give memory back.
 */
final class LocalLevel<K, V> {
  private final Cache<K, LocalEntry<V>> entries;
  private final Fence fence;
  private final Heartbeat heartbeat;
  private final LongSupplier nanos;
  private final long ttlNanos;
  private final long stalenessNanos;
  private final double refreshAhead;
  private final LongAdder evictedBySize = new LongAdder();
  private final LongAdder evictedByAge = new LongAdder();
  private volatile long lastWriteNanos;
  private volatile @Nullable Removals<K, V> removals; // not read by a hit

  /**
   * @param weigher null to count copies
   */
  LocalLevel(
      CacheConfig config,
      @Nullable ToIntBiFunction<? super K, ? super V> weigher,
      Fence fence,
      Heartbeat heartbeat,
      LongSupplier nanos) {
    this.fence = fence;
    this.heartbeat = heartbeat;
    this.stalenessNanos = heartbeat.isAlone() ? Long.MAX_VALUE : config.maxStaleness().toNanos();
    this.refreshAhead = config.refreshAhead();
    this.nanos = nanos;
    this.ttlNanos = config.l1Ttl().toNanos();
    this.lastWriteNanos = nanos.getAsLong();
    Caffeine<K, LocalEntry<V>> bounded = bounded(config, weigher);
    bounded.expireAfterWrite(retention(config)).evictionListener(this::evicted);
    if (config.localIdle().isZero()) {
      bounded.ticker(() -> lastWriteNanos);
    } else {
      bounded.expireAfterAccess(config.localIdle()).ticker(nanos::getAsLong);
    }
    this.entries = bounded.build();
  }

  @SuppressWarnings("unchecked") // Caffeine's builder takes its types with the weigher
  private static <K, V> Caffeine<K, LocalEntry<V>> bounded(
      CacheConfig config, @Nullable ToIntBiFunction<? super K, ? super V> weigher) {
    if (weigher == null) {
      return (Caffeine<K, LocalEntry<V>>)
          (Caffeine<?, ?>) Caffeine.newBuilder().maximumSize(config.maxEntries());
    }
    return Caffeine.newBuilder()
        .maximumWeight(config.maxWeight())
        .weigher((K key, LocalEntry<V> copy) -> weigh(weigher, key, copy.value));
  }

  /** The weight of a copy; one without a value weighs one. */
  private static <K, V> int weigh(
      ToIntBiFunction<? super K, ? super V> weigher, K key, @Nullable V value) {
    int weight = value == null ? 1 : weigher.applyAsInt(key, value);
    if (weight < 0) {
      throw new IllegalArgumentException("weight: " + weight + " (expected: >= 0)");
    }
    return weight;
  }

  private void evicted(
      @Nullable K key,
      @Nullable LocalEntry<V> copy,
      com.github.benmanes.caffeine.cache.RemovalCause cause) {
    boolean bySize = cause == com.github.benmanes.caffeine.cache.RemovalCause.SIZE;
    (bySize ? evictedBySize : evictedByAge).increment();
    if (removals != null && key != null && copy != null) {
      RemovalCause why = bySize ? RemovalCause.SIZE : RemovalCause.AGE;
      told(key, copy, isCurrent(copy) ? why : RemovalCause.INVALIDATED);
    }
  }

  /** From now on what leaves is told; false if something is told already. */
  synchronized boolean tell(Removals<K, V> all) {
    if (removals != null) {
      return false;
    }
    removals = all;
    return true;
  }

  /** Tells on this thread what waits to be told. */
  void tellTheRest() {
    Removals<K, V> all = removals;
    if (all != null) {
      entries.cleanUp(); // what is being evicted is told before
      all.tell();
    }
  }

  private void told(K key, LocalEntry<V> copy, RemovalCause cause) {
    Removals<K, V> all = removals;
    if (all != null && copy.value != null) {
      all.add(key, copy.value, cause);
    }
  }

  /** Why a copy gives way to another of its key. */
  private RemovalCause whyReplaced(LocalEntry<V> copy) {
    if (!isCurrent(copy)) {
      return RemovalCause.INVALIDATED;
    }
    return copy.isBeforeDeadline(nanos.getAsLong()) ? RemovalCause.REPLACED : RemovalCause.AGE;
  }

  private void store(K key, LocalEntry<V> copy) {
    if (removals == null) {
      entries.put(key, copy);
      return;
    }
    LocalEntry<V> before = entries.asMap().put(key, copy);
    if (before != null && before.value != copy.value) {
      told(key, before, whyReplaced(before));
    }
  }

  private void discard(K key, RemovalCause cause) {
    if (removals == null) {
      entries.invalidate(key);
      return;
    }
    LocalEntry<V> before = entries.asMap().remove(key);
    if (before != null) {
      told(key, before, cause);
    }
  }

  /** Copies dropped to keep within the bound. */
  long evictedBySize() {
    return evictedBySize.sum();
  }

  /** Copies dropped because they were old, or idle. */
  long evictedByAge() {
    return evictedByAge.sum();
  }

  /** How long a copy is retained: if stale values may serve, it may be the last that holds one. */
  private static Duration retention(CacheConfig config) {
    return config.gracePeriod().isZero()
        ? config.l1Ttl()
        : config.l2Ttl().plus(config.gracePeriod());
  }

  /**
   * The copy that counts, or null; null too for the one reader that is to refresh it. Allocates
   * nothing.
   */
  @Nullable LocalEntry<V> get(K key) {
    LocalEntry<V> entry = entries.getIfPresent(key);
    if (entry == null) {
      return null;
    }
    long now = nanos.getAsLong();
    return entry.isQuiet(now) && isCurrent(entry) && isFresh(entry, now) ? entry : null;
  }

  /** Whether {@code entry} counts, even if it is due for a refresh. */
  boolean isWithinStalenessBound(LocalEntry<V> entry) {
    long now = nanos.getAsLong();
    return entry.isBeforeDeadline(now) && isCurrent(entry) && isFresh(entry, now);
  }

  /** The copy that counts if no message was missed, or null. */
  @Nullable LocalEntry<V> getUnheard(K key) {
    LocalEntry<V> entry = entries.getIfPresent(key);
    return entry != null && entry.isBeforeDeadline(nanos.getAsLong()) && isCurrent(entry)
        ? entry
        : null;
  }

  /**
   * The stale copy that could serve if no newer value is available and Redis is silent, or null:
   * one that is past its life by {@code window} at most.
   *
   * @param unheard whether it may serve without a recent heartbeat
   */
  @Nullable LocalEntry<V> getStale(K key, Duration window, boolean unheard) {
    LocalEntry<V> entry = entries.getIfPresent(key);
    long now = nanos.getAsLong();
    return entry != null
            && entry.value != null
            && now - entry.about.expiryNanos <= NANOSECONDS.convert(window)
            && isCurrent(entry)
            && (unheard || isFresh(entry, now))
        ? entry
        : null;
  }

  /** Lets a copy count for a while from now on. */
  void extend(K key, LocalEntry<V> entry, Duration time) {
    store(key, new LocalEntry<>(entry, nanos.getAsLong() + NANOSECONDS.convert(time)));
  }

  /**
   * Whether what is read since {@code reading} may be served to a caller that asks now: nothing
   * that concerns its key has ended since, as far as is heard.
   */
  boolean isWithinStalenessBound(Reading reading, int hash) {
    Reading now = reading(hash);
    return reading.sees(now) && (isHeard(now.nanos()) || isYoung(reading.nanos(), now.nanos()));
  }

  /** The copy, counting or not: Redis may say that it is still right. */
  @Nullable LocalEntry<V> held(K key) {
    return entries.getIfPresent(key);
  }

  private boolean isFresh(LocalEntry<V> entry, long now) {
    return isHeard(now) || isYoung(entry.about.readNanos, now);
  }

  private boolean isHeard(long now) {
    return now - heartbeat.lastNanos() <= stalenessNanos;
  }

  private boolean isYoung(long readNanos, long now) {
    return now - readNanos <= stalenessNanos;
  }

  /** Reads the epoch only if any epoch has moved since the last check. */
  private boolean isCurrent(LocalEntry<V> entry) {
    int moves = fence.moves();
    return moves == entry.currentAtMoves || isCurrent(entry, moves);
  }

  private boolean isCurrent(LocalEntry<V> entry, int moves) {
    LocalEntry.About about = entry.about;
    boolean current = about.epoch == fence.epoch(about.stripe, about.tagStripes);
    if (current) {
      entry.currentAtMoves = moves;
    }
    return current;
  }

  /**
   * The state of a key before its value is read or loaded; what is kept of the value later counts
   * from here.
   */
  record Reading(int stripe, int epoch, int tagAdvances, long nanos) {
    /** Whether nothing was invalidated between the two that could concern the key. */
    boolean sees(Reading other) {
      return epoch == other.epoch && tagAdvances == other.tagAdvances;
    }
  }

  long now() {
    return nanos.getAsLong();
  }

  /** The present state of a key, to be taken before its value is read. */
  Reading reading(int hash) {
    int stripe = fence.stripe(hash);
    int tagAdvances = fence.tagAdvances();
    return new Reading(stripe, fence.epoch(stripe), tagAdvances, nanos.getAsLong());
  }

  /**
   * Keeps what was read or loaded since {@code reading}.
   *
   * @param entry with the TTL that it had at that time
   * @param atMost time that the copy counts from then on
   */
  void put(K key, Hit<V> entry, Reading reading, Duration atMost) {
    Set<String> tags = entry.tags();
    int[] tagStripes = LocalEntry.NO_TAGS;
    int epoch = reading.epoch();
    if (!tags.isEmpty()) {
      tagStripes = tags.stream().mapToInt(tag -> fence.stripe(Hash.of(tag))).toArray();
      epoch += fence.sum(tagStripes);
      if (fence.tagAdvances() != reading.tagAdvances()) {
        return; // F3: one of its tags may have ended meanwhile
      }
    }
    long deadline = reading.nanos() + Math.min(ttlNanos, NANOSECONDS.convert(atMost));
    long expiry = reading.nanos() + NANOSECONDS.convert(entry.ttl().left());
    long ask = expiry - (long) (NANOSECONDS.convert(entry.ttl().total()) * refreshAhead);
    boolean asked = ask - reading.nanos() <= 0; // now, so somebody asks already
    LocalEntry<V> copy =
        new LocalEntry<>(
            entry.value(),
            new LocalEntry.About(
                entry.failure(),
                tags,
                entry.version(),
                reading,
                tagStripes,
                epoch,
                deadline,
                expiry),
            asked || deadline - ask < 0 ? deadline : ask);
    int moves = fence.moves();
    if (isCurrent(copy, moves)) { // or else it would not count, and might displace one that does
      lastWriteNanos = nanos.getAsLong();
      store(key, copy);
    }
  }

  /**
   * Ends what was read before, then keeps {@code entry}, which was put to Redis after {@code
   * before} was taken; unless another invalidation came between, which may be the newer one.
   */
  void replace(K key, Hit<V> entry, Reading before) {
    if (removals != null) {
      discard(key, RemovalCause.REPLACED); // while it is known to be current
    }
    if (fence.advanceFrom(before.stripe(), before.epoch())) {
      Reading after =
          new Reading(before.stripe(), before.epoch() + 1, before.tagAdvances(), before.nanos());
      put(key, entry, after, entry.ttl().left());
    } else {
      discard(key, RemovalCause.INVALIDATED);
    }
  }

  /** Ends the copy, and whatever is being read now. */
  void remove(K key, int hash) {
    fence.advance(fence.stripe(hash));
    discard(key, RemovalCause.INVALIDATED);
  }

  /** Ends all copies with the tag, and whatever is being read now and has it. */
  void removeTag(String tag) {
    fence.advanceTag(fence.stripe(Hash.of(tag)));
  }

  /** Ends all copies, and whatever is being read now. */
  void clear() {
    fence.advanceAll();
    if (removals != null) {
      entries.asMap().keySet().forEach(key -> discard(key, RemovalCause.INVALIDATED));
    }
    entries.invalidateAll();
  }

  /** Keys with a copy, counting or not, the most used first. Costs a lock that writes need. */
  Set<K> hottest(int max) {
    return entries.policy().eviction().orElseThrow().hottest(max).keySet();
  }

  /** A walk over all copies, counting or not, that others may change meanwhile. */
  Iterator<Map.Entry<K, LocalEntry<V>>> all() {
    return entries.asMap().entrySet().iterator();
  }

  /** Forgets this copy, and no later one of its key. */
  void drop(K key, LocalEntry<V> copy) {
    if (entries.asMap().remove(key, copy)) {
      told(key, copy, RemovalCause.INVALIDATED);
    }
  }

  /** About how many copies are held, counting or not. */
  long size() {
    return entries.estimatedSize();
  }
}
