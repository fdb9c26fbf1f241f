package io.perfkit.cache;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
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
  private final ConcurrentMap<ByteBuffer, Unsent<Address>> keys = new ConcurrentHashMap<>();
  private final ConcurrentMap<String, Unsent<String>> tags = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable Object> clear = new AtomicReference<>();

  UnsentInvalidations(RedisLevel<?> redis) {
    this.redis = redis;
  }

  /** Compared by identity, so that a newer one outlives the sending of an older one. */
  private static final class Unsent<T> {
    final T what;

    Unsent(T what) {
      this.what = what;
    }
  }

  void keep(Address address) {
    if (keys.size() < MAX_KEYS || keys.containsKey(address.redisKey())) {
      keys.put(address.redisKey(), new Unsent<>(address));
    } else {
      keepClear();
    }
  }

  void keepTag(String tag) {
    if (tags.size() < MAX_TAGS || tags.containsKey(tag)) {
      tags.put(tag, new Unsent<>(tag));
    } else {
      keepClear();
    }
  }

  /** Keeps a clear, which covers the invalidations that wait; later ones are sent after it. */
  void keepClear() {
    clear.set(new Object()); // blocks reads of what is dropped here
    keys.clear();
    tags.clear();
    clear.set(new Object()); // a clear sent before now may not cover what was dropped
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
    Object pending = clear.get();
    if (pending != null) {
      if (!redis.sendClear()) {
        return;
      }
      clear.compareAndSet(pending, null);
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
      keys.remove(entry.getKey(), entry.getValue());
    }
  }
}
