package io.perfkit.cache;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * What one cache could not tell Redis. It is sent again until Redis takes it, and meanwhile this
 * node does not read from Redis what it may concern. Bounded: past {@value #MAX_KEYS} keys or
 * {@value #MAX_TAGS} tags all of it becomes one clear of the cache, so nothing is ever lost. Thread
 * safe.
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

  /** What waits already is part of the clear; what is kept from now on is sent after it. */
  void keepClear() {
    clear.set(new Object()); // blocks reads of what is dropped here
    keys.clear();
    tags.clear();
    clear.set(new Object()); // a clear sent before now may not cover what was dropped
  }

  /** Whether Redis may hold a wrong entry of this key: a tag may be the key's, a clear is. */
  boolean blocks(Address address) {
    return clear.get() != null
        || !tags.isEmpty()
        || (!keys.isEmpty() && keys.containsKey(address.redisKey()));
  }

  int size() {
    return keys.size() + tags.size() + (clear.get() == null ? 0 : 1);
  }

  /** Sends what waits, the coarsest first, until Redis fails again. */
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
