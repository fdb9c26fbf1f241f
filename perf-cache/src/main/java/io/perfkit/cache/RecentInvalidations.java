package io.perfkit.cache;

import static java.util.concurrent.TimeUnit.SECONDS;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The recent invalidations that one cache sent to Redis. After a failover the new primary may lack
 * the latest ones, since Redis replicates asynchronously; so they are sent again. Bounded: beyond
 * {@value #MAX_KEYS} keys or {@value #MAX_TAGS} tags they become one clear of the cache. Thread
 * safe.
 */
final class RecentInvalidations {

  /* Invariants
   * R1  every invalidation sent since KEPT_NANOS before the last answer of the same server is here,
   *     or a clear is.
   * R2  when they are sent again, this node's copies end after its reads from Redis are blocked:
   *     no value read from the new server before is kept, and none is read until they are sent. */
  static final int MAX_KEYS = UnsentInvalidations.MAX_KEYS;
  static final int MAX_TAGS = UnsentInvalidations.MAX_TAGS;
  private static final long KEPT_NANOS = SECONDS.toNanos(10);

  private final Fence fence;
  private final LongSupplier nanos;
  private final Map<ByteBuffer, Told<Address>> keys = new LinkedHashMap<>();
  private final Map<String, Told<String>> tags = new LinkedHashMap<>();
  private @Nullable Told<Boolean> clear;

  RecentInvalidations(Fence fence, LongSupplier nanos) {
    this.fence = fence;
    this.nanos = nanos;
  }

  private record Told<T>(T what, long nanos) {}

  synchronized void told(Address address) {
    Told<Address> unused = keys.remove(address.redisKey()); // so that the order is that of time
    if (keys.size() < MAX_KEYS) {
      keys.put(address.redisKey(), new Told<>(address, nanos.getAsLong()));
    } else {
      toldClear();
    }
  }

  synchronized void toldTag(String tag) {
    Told<String> unused = tags.remove(tag);
    if (tags.size() < MAX_TAGS) {
      tags.put(tag, new Told<>(tag, nanos.getAsLong()));
    } else {
      toldClear();
    }
  }

  /** Records a clear, which covers all earlier invalidations. */
  synchronized void toldClear() {
    keys.clear();
    tags.clear();
    clear = new Told<>(true, nanos.getAsLong());
  }

  /** The server that answered a question of that time is still the same. */
  synchronized void sameServerAt(long askedNanos) {
    long before = askedNanos - KEPT_NANOS;
    forget(keys.values().iterator(), before);
    forget(tags.values().iterator(), before);
    if (clear != null && clear.nanos() - before < 0) {
      clear = null;
    }
  }

  private static <T> void forget(Iterator<Told<T>> oldest, long before) {
    while (oldest.hasNext() && oldest.next().nanos() - before < 0) {
      oldest.remove();
    }
  }

  /**
   * Queues all of them to be sent again, and ends the copies that this node may have read
   * meanwhile.
   *
   * @return how many keys, tags and clears
   */
  synchronized int tellAgain(UnsentInvalidations unsent) {
    int count = keys.size() + tags.size() + (clear == null ? 0 : 1);
    if (clear != null) {
      unsent.keepClear();
      fence.advanceAll();
    }
    for (String tag : tags.keySet()) {
      unsent.keepTag(tag);
      fence.advanceTag(fence.stripe(Hash.of(tag)));
    }
    for (Told<Address> told : keys.values()) {
      unsent.keep(told.what());
      fence.advance(fence.stripe(told.what().hash()));
    }
    keys.clear();
    tags.clear();
    clear = null;
    return count;
  }
}
