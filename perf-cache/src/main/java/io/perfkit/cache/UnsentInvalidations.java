package io.perfkit.cache;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Invalidations of one cache that could not be sent to Redis. They are retried until Redis accepts
 * them; meanwhile this node reads no entry from Redis that they may concern. Bounded: beyond
 * {@value #MAX_KEYS} keys or {@value #MAX_TAGS} tags they become one clear of the cache, so none is
 * lost. Thread safe.
 */
final class UnsentInvalidations {
  static final int MAX_KEYS = 10_000;
  static final int MAX_TAGS = 100;

  private final RedisLevel<?> redis;
  private final LongSupplier millis;
  private final ConcurrentMap<ByteBuffer, Unsent<Address>> keys = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Unsent<String>> tags = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable Unsent<?>> clear = new AtomicReference<>();

  /**
   * @param millis the node's time of {@link #keepUntil}
   */
  UnsentInvalidations(RedisLevel<?> redis, LongSupplier millis) {
    this.redis = redis;
    this.millis = millis;
  }

  /** Compared by identity, so that a newer one outlives the sending of an older one. */
  private static final class Unsent<T> {
    final T what;

    /** The node's time in ms until which it is sent again and again. */
    final long untilMillis;

    Unsent(T what, long untilMillis) {
      this.what = what;
      this.untilMillis = untilMillis;
    }

    boolean isOver(long now) {
      return now - untilMillis >= 0;
    }
  }

  void keep(Address address) {
    keepUntil(address, millis.getAsLong());
  }

  /**
   * Also sends it again until that time, for it follows a put that Redis may still run.
   *
   * @param untilMillis of {@link RedisLevel#now()}
   */
  void keepUntil(Address address, long untilMillis) {
    if (keys.size() < MAX_KEYS || keys.containsKey(address.redisKey())) {
      keys.merge(
          address.redisKey(),
          new Unsent<>(address, untilMillis),
          (before, own) -> new Unsent<>(address, Math.max(before.untilMillis, own.untilMillis)));
    } else {
      keepClear(untilMillis);
    }
  }

  void keepTag(String tag) {
    if (tags.size() < MAX_TAGS || tags.containsKey(tag)) {
      tags.put(tag, new Unsent<>(tag, millis.getAsLong()));
    } else {
      keepClear();
    }
  }

  /** Keeps a clear, which covers the invalidations that wait; later ones are sent after it. */
  void keepClear() {
    keepClear(millis.getAsLong());
  }

  private void keepClear(long untilMillis) {
    raiseClear(untilMillis); // blocks reads of what is dropped here
    long until = untilMillis;
    for (Map.Entry<ByteBuffer, Unsent<Address>> key : keys.entrySet()) {
      until = Math.max(until, key.getValue().untilMillis);
      keys.remove(key.getKey(), key.getValue());
    }
    tags.clear();
    raiseClear(until); // one sent before now may not cover what was dropped
  }

  private void raiseClear(long untilMillis) {
    clear.updateAndGet(
        before ->
            new Unsent<>(
                "", before == null ? untilMillis : Math.max(before.untilMillis, untilMillis)));
  }

  /**
   * Whether Redis may hold a stale entry of this key: any tag may be the key's, a clear always is.
   */
  boolean blocks(Address address) {
    return clear.get() != null
        || !tags.isEmpty()
        || (!keys.isEmpty() && keys.containsKey(address.redisKey()));
  }

  int size() {
    return keys.size() + tags.size() + (clear.get() == null ? 0 : 1);
  }

  /** Sends the waiting invalidations, the coarsest first, until Redis fails again. */
  void send() {
    long now = millis.getAsLong();
    Unsent<?> pending = clear.get();
    if (pending != null) {
      if (!redis.sendClear()) {
        return;
      }
      if (pending.isOver(now)) {
        clear.compareAndSet(pending, null);
      }
    }
    for (Map.Entry<String, Unsent<String>> entry : tags.entrySet()) {
      if (!redis.sendTag(entry.getValue().what)) {
        return;
      }
      tags.remove(entry.getKey(), entry.getValue());
    }
    for (Map.Entry<ByteBuffer, Unsent<Address>> entry : keys.entrySet()) {
      if (!redis.sendInvalidation(entry.getValue().what)) {
        return;
      }
      if (entry.getValue().isOver(now)) {
        keys.remove(entry.getKey(), entry.getValue());
      }
    }
  }
}
