package io.perfkit.cache;

import io.perfkit.cache.RedisLevel.Address;
import io.perfkit.redis.RedisException;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Consumer;

/**
 * Invalidations that Redis could not be told. Each is sent again until Redis takes it; until then
 * this node does not read the key from Redis. Bounded: past {@value #MAX} keys the caller is told.
 * Thread safe.
 */
final class UnsentInvalidations {
  static final int MAX = 10_000;

  private final ConcurrentMap<ByteBuffer, Unsent> byKey = new ConcurrentHashMap<>();

  /** Compared by identity, so that a newer one of the same key outlives the older one's sending. */
  private static final class Unsent {
    final Address address;
    final Consumer<Address> sender;

    Unsent(Address address, Consumer<Address> sender) {
      this.address = address;
      this.sender = sender;
    }
  }

  /**
   * Keeps the invalidation of {@code address} for {@code sender}.
   *
   * @throws InvalidationUnsent if too many wait already
   */
  void keep(Address address, Consumer<Address> sender, RedisException cause) {
    ByteBuffer key = address.redisKey();
    if (byKey.size() >= MAX && !byKey.containsKey(key)) {
      throw new InvalidationUnsent(
          "key '"
              + address.text()
              + "' is gone from this node; Redis and other nodes are not told: "
              + MAX
              + " invalidations wait for Redis already",
          cause);
    }
    byKey.put(key, new Unsent(address, sender));
  }

  boolean contains(Address address) {
    return !byKey.isEmpty() && byKey.containsKey(address.redisKey());
  }

  int size() {
    return byKey.size();
  }

  /** Sends what waits, until Redis fails again. One round trip for each key. */
  void send() {
    for (Map.Entry<ByteBuffer, Unsent> entry : byKey.entrySet()) {
      Unsent unsent = entry.getValue();
      try {
        unsent.sender.accept(unsent.address);
      } catch (RedisException e) {
        return;
      }
      byKey.remove(entry.getKey(), unsent);
    }
  }
}
